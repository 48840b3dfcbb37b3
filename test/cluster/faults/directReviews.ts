import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { plainPod, readAnswer, reviewOf } from '../../admission/reviews.js';
import { type WebhookProcess } from '../webhookProcess.js';

/** The review of a pod of so many containers that is created in the namespace. */
export function reviewIn(namespace: string, count = 1): string {
  const env = Array.from({ length: 8 }, (_, at) => ({
    name: `SETTING_${at}`,
    value: 'as people write them',
  }));
  const containers = Array.from({ length: count }, (_, at) => ({ name: `app-${at}`, image: 'app', env }));
  const metadata = { ...plainPod.metadata, namespace };
  return reviewOf({ ...plainPod, metadata, spec: { containers } }, { namespace });
}

/** Asks one replica itself, past API server and proxy; says how it answered: `hardened`, or what else there was. */
export async function askDirectly(
  { admission: { host, port } }: WebhookProcess,
  body: string,
  agent: Agent | false = false,
): Promise<string> {
  try {
    const headers = { 'content-type': 'application/json' };
    const target = { host, port, path: '/mutate?timeout=2s', rejectUnauthorized: false };
    const sent = request({ ...target, method: 'POST', headers, agent });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
    if (response.statusCode !== 200) return `${response.statusCode}: ${text}`;
    return readAnswer(text).patch === undefined ? 'answered without a patch' : 'hardened';
  } catch (error) {
    return String(error);
  }
}

/** Asks one replica again and again until `end` is called, which gives how often it was asked and every answer other
 *  than a patch. */
export function keepAsking(replica: WebhookProcess, body: string): () => Promise<DirectAnswers> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answers: DirectAnswers = { asked: 0, others: [] };
  const ending = new AbortController();
  const ask = async () => {
    while (!ending.signal.aborted) {
      const answer = await askDirectly(replica, body, agent);
      answers.asked += 1;
      if (answer !== 'hardened') answers.others.push(answer);
      await delay(10);
    }
  };
  const asking = ask();
  return async () => {
    ending.abort();
    await asking;
    agent.destroy();
    return answers;
  };
}

export interface DirectAnswers {
  asked: number;
  others: string[];
}
