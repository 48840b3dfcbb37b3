import { afterEach, describe, expect, it } from '@jest/globals';
import { ReviewService } from '../../src/admission/service.js';
import { policiesOf } from '../admission/plans.js';
import { recordedObserver } from '../admission/recordedObserver.js';
import { reviewOf } from '../admission/reviews.js';
import { checkReviewAnswer } from './checks.js';
import { nastyPods, plainOf, richPod } from './corpus.js';
import { pathsRead, withJsonAt } from './readPaths.js';
import { wrongValues } from './wrongValues.js';

const paths = pathsRead([richPod, ...nastyPods]);
/** By turns: what is wrong shows now in the one, now in the other. */
const reviews = [richPod, plainOf(richPod)].map((pod): unknown => JSON.parse(reviewOf(pod)));

const observer = recordedObserver();
const policies = policiesOf();
const service = new ReviewService({
  policies: () => policies,
  facts: undefined,
  unlabelledMode: 'enforce',
  defaultPolicy: 'default',
  now: Date.now,
  observer,
});
afterEach(() => {
  expect(observer.failures.splice(0)).toEqual([]);
});

describe('a field of a wrong type', () => {
  it('is looked for in all that controls read', () => {
    const read = paths.map((path) => path.join('.'));
    // One of each part of the code that reads a pod.
    expect(read).toEqual(
      expect.arrayContaining([
        'metadata.annotations.podtemper.io/opt-out',
        'metadata.ownerReferences.0.controller',
        'spec.os.name',
        'spec.securityContext.sysctls',
        'spec.volumes.3.secret.defaultMode',
        'spec.containers.0.resources.limits.cpu',
        'spec.containers.0.volumeMounts.0.mountPath',
        'spec.initContainers.0.name',
        'spec.volumes.8.hostPath.path',
        'spec.volumes.9.projected.sources.0.serviceAccountToken.audience',
        'spec.hostAliases.0.hostnames.1',
        'spec.containers.0.args.0',
        'spec.containers.0.env.0.value',
        'spec.containers.0.lifecycle.postStart.exec.command.0',
        'spec.containers.0.ports.1.hostPort',
      ]),
    );
    expect(read.length).toBeGreaterThan(100);
  });

  it.each(paths.map((path) => [path.join('.'), path] as const))(
    'makes no failure of ours and no patch that cannot be applied: %s',
    (_name, path) => {
      for (const [index, wrong] of wrongValues.entries()) {
        const body = withJsonAt(reviews[index % reviews.length], ['request', 'object', ...path], wrong);
        const text = service.answer(body) as string;
        checkReviewAnswer(Buffer.from(body), { status: 200, headers: {}, text });
      }
    },
  );
});
