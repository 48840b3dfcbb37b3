import { answerToFailure, endpoints } from '../../../src/admission/endpoints.js';
import { encodeReview } from '../../../src/admission/review.js';
import type { ReviewObserver } from '../../../src/admission/service.js';
import { podtemper, type Subject, uid } from '../subject.js';
import { omit } from '../trees.js';
import { type Fault, type Response, withAnswer } from './breaking.js';

/** podtemper with another answer where something within it fails. */
function failingWith(change: (response: Response) => Response): Subject {
  return withAnswer((response, hasFailed) => (hasFailed ? change(response) : response));
}

/** podtemper with an observer that is told of failures otherwise. */
function telling(tell: (failed: () => void) => void): Subject {
  return {
    ...podtemper,
    answer: (options, body) => {
      const { observer } = options;
      const watched: ReviewObserver = {
        answered: (...seen) => observer.answered(...seen),
        judged: (...seen) => observer.judged(...seen),
        malformed: (...seen) => observer.malformed(...seen),
        failed: (...seen) => tell(() => observer.failed(...seen)),
      };
      return podtemper.answer({ ...options, observer: watched }, body);
    },
  };
}

const halfPatch = Buffer.from('[{"op":"add","path":"/spec/hostUsers","value":false}]').toString('base64');

/** Faults by which a failure of ours becomes the user's, or nobody hears of it. */
export const faultsAgainstFailureIsOurs: readonly Fault[] = [
  {
    name: 'the error is passed on',
    seen: /leaves the API server without a good answer/,
    subject: failingWith(() => {
      throw new Error('passed on');
    }),
  },
  {
    name: 'the pod is refused',
    seen: /leaves the API server without a good answer/,
    subject: failingWith((response) => ({ ...response, allowed: false })),
  },
  {
    name: 'what was decided before the failure is done',
    seen: /a patch in spite of a failure/,
    subject: failingWith((response) => ({ ...response, patchType: 'JSONPatch', patch: halfPatch })),
  },
  {
    name: 'another review is answered',
    seen: /the answer to another review/,
    subject: failingWith((response) => ({ ...response, uid: 'another' })),
  },
  {
    name: 'nobody is warned',
    seen: /no warning that the pod was not hardened/,
    subject: failingWith((response) => omit(response, 'warnings')),
  },
  {
    name: 'it is neither logged nor counted',
    seen: /the log lines of the failure/,
    subject: telling(() => undefined),
  },
  {
    name: 'it is logged and counted twice',
    seen: /the log lines of the failure/,
    subject: telling((failed) => {
      failed();
      failed();
    }),
  },
  {
    name: 'a failure is told where there was none',
    seen: /a failure is told that was none/,
    subject: { ...podtemper, answer: () => encodeReview(uid, answerToFailure(endpoints.mutate)) },
  },
];
