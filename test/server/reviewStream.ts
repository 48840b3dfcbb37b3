import { Agent } from 'node:https';
import { plainPod, readAnswer, reviewOf } from '../admission/reviews.js';
import { eventually } from '../certificates/waiting.js';
import { send, type Target } from './client.js';

/** Reviews that are sent without a pause. */
export interface ReviewStream {
  /** Waits until that many more have been answered. */
  readonly more: (count: number) => Promise<void>;
  /** Ends it. @throws where a review was not answered, or not with a patch */
  readonly end: () => Promise<number>;
}

/** Sends reviews, some on connections that are kept and some on a new one each, until it is ended. */
export function streamReviews(target: Target): ReviewStream {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const body = reviewOf(plainPod);
  const lost: string[] = [];
  let answered = 0;
  const state = { isOver: false };
  const sendOn = async (own: { readonly agent?: Agent }) => {
    while (!state.isOver) {
      try {
        const { status, text } = await send(target, { body, ...own });
        if (status === 200 && readAnswer(text).patch !== undefined) answered += 1;
        else lost.push(`${status} ${text}`);
      } catch (error) {
        lost.push(String(error));
      }
    }
  };
  const callers = Promise.all([{ agent }, { agent }, {}].map(sendOn));
  return {
    more: (count) => {
      const enough = answered + count;
      return eventually(`${count} more answers`, () => answered >= enough || lost.length > 0);
    },
    end: async () => {
      state.isOver = true;
      await callers;
      agent.destroy();
      if (lost.length > 0)
        throw new Error(`${lost.length} of ${answered + lost.length} reviews lost: ${lost[0]}`);
      return answered;
    },
  };
}
