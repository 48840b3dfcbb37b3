// oxlint-disable-next-line import/no-unassigned-import -- its effect has to come before the schemas that others make
import '../../schemasWithoutEval.js';
import { messageOf } from '../../errors.js';
import { answer, download } from '../view/answer.js';
import { policyHint } from '../view/policyHint.js';
import type { CallMessage, ReturnMessage } from './protocol.js';

/** The engine of the page, in a worker of its own, so that typing never waits for it. */
self.addEventListener('message', ({ data }: MessageEvent<CallMessage>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a window's has an origin, a worker's none
  self.postMessage(respond(data));
});

function respond(call: CallMessage): ReturnMessage {
  try {
    return { id: call.id, result: resultOf(call) };
  } catch (error) {
    return { id: call.id, error: messageOf(error) };
  }
}

function resultOf(call: CallMessage): unknown {
  if (call.name === 'answer') return answer(call.argument);
  if (call.name === 'download') return download(call.argument.question, call.argument.format);
  return policyHint(call.argument.text, call.argument.offset);
}
