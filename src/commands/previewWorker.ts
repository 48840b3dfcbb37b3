// oxlint-disable-next-line import/no-unassigned-import -- its effect has to come before the schemas that others make
import '../schemasWithoutEval.js';
import { setPriority } from 'node:os';
import workerpool from 'workerpool';
import { InputError } from '../errors.js';
import { answerPreview, type PreviewJob } from './previewAnswer.js';
import type { PreviewReply } from './previewPool.js';

/** Lowest priority there is (setpriority(2)): the reviews go first wherever there is a choice. */
const lowest = 19;

// On Linux alone a thread has a priority of its own.
if (process.platform === 'linux') setPriority(lowest);

workerpool.worker({
  async answer(job: PreviewJob) {
    const reply = await replyTo(job);
    if (reply.kind !== 'rendered') return reply;
    // Given away and not copied: the thread of the reviews has nothing left to do but to send it.
    const body = new TextEncoder().encode(reply.rendered.body);
    const sent = { kind: 'rendered', rendered: { ...reply.rendered, body } };
    return new workerpool.Transfer(sent, [body.buffer]);
  },
});

async function replyTo(job: PreviewJob): Promise<PreviewReply> {
  try {
    return await answerPreview(job);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // A class does not survive the way to another thread.
    return { kind: 'refused', complaint: error.complaint, position: error.position };
  }
}
