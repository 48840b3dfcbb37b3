import { describe, expect, it } from '@jest/globals';
import { mutate } from '../../src/admission/mutate.js';
import { decodeReview, encodeReview } from '../../src/admission/review.js';
import { annotationKeys, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { planner } from './plans.js';
import { decodedRequest, plainPod, readAnswer, reviewOf as reviewText } from './reviews.js';

/** Bounds that no person comes near, and that keep a review short. */
const mostNotices = 100;
const mostVolumes = 500;

const many = (count: number, item: (index: string) => string) =>
  Array.from({ length: count }, (_, index) => item(index.toString(36)));

function review(annotations: Record<string, string>, name = 'app') {
  const pod: Pod = { ...plainPod, metadata: { annotations }, spec: { containers: [{ name }] } };
  const reviewed = mutate(decodedRequest(pod), unknownNamespace('shop'), planner());
  return { report: reviewed.report, answer: readAnswer(encodeReview('u', reviewed.response)) };
}

describe('annotations that mean to keep the webhook busy', () => {
  it.each<[string, Record<string, string>]>([
    ['misspelt ids', { [annotationKeys.optOut]: many(5000, (index) => `x${index}`).join(',') }],
    ['bad paths', { [annotationKeys.writablePaths]: many(5000, (index) => `x${index}`).join(',') }],
    [
      'unknown annotations',
      Object.fromEntries(many(3000, (index) => `podtemper.io/x${index}`).map((key) => [key, ''])),
    ],
  ])('make a bounded number of notices: %s', (_, annotations) => {
    const { report, answer } = review(annotations);
    expect(report?.notices.length).toBeGreaterThan(1);
    expect(report?.notices.length).toBeLessThanOrEqual(mostNotices);
    expect(answer.patch).not.toEqual([]);
  });

  it('make a bounded number of volumes, and are told so', () => {
    const paths = many(5000, (index) => `/x${index}`).join(',');
    const { report, answer } = review({ [annotationKeys.writablePaths]: paths });
    expect(report?.hardened.spec.volumes?.length).toBeLessThanOrEqual(mostVolumes);
    expect(report?.notices).not.toEqual([]);
    expect(answer.warnings.join(' ')).toContain(annotationKeys.writablePaths);
  });

  it('are quoted in a notice no longer than a person reads', () => {
    const long = 'x'.repeat(100_000);
    const { report } = review({ [annotationKeys.optOut]: long, [annotationKeys.runAsUser]: long });
    expect(report?.notices.map(({ text }) => text.length > 1000)).toEqual([false, false]);
  });
});

describe('a pod with a crowd of containers', () => {
  const reviewOf = (count: number) => {
    const containers = many(count, (index) => index).map((name) => ({ name, image: 'a' }));
    const reviewed = mutate(decodedRequest({ spec: { containers } }), unknownNamespace('shop'), planner());
    return readAnswer(encodeReview('u', reviewed.response));
  };

  it('is hardened up to a thousand, and told that it is not past that', () => {
    expect(reviewOf(1000).patch?.length).toBeGreaterThan(1000);
    expect(reviewOf(1001)).toMatchObject({
      patch: undefined,
      warnings: ['podtemper: not hardened: it has more than 1,000 containers'],
      auditAnnotations: { exempt: 'tooManyContainers' },
    });
  });
});

describe('a pod nearly as large as one that can be stored', () => {
  const reviewOf = (bytes: number) => {
    const request = decodedRequest({ spec: { containers: [{ name: 'a', image: 'a' }] } }, { bytes });
    return readAnswer(encodeReview('u', mutate(request, unknownNamespace('shop'), planner()).response));
  };

  it('is hardened as long as there is room for the patch', () => {
    expect(reviewOf(1_567_000).patch?.length).toBeGreaterThan(3);
    expect(reviewOf(1_568_700)).toMatchObject({
      patch: undefined,
      warnings: ['podtemper: not hardened: with what hardening adds it could be too large to be stored'],
      auditAnnotations: { exempt: 'nearlyTooLarge' },
    });
  });
});

describe('a small pod whose patch would be too large to be stored', () => {
  const reviewOf = (containers: number, paths: number, pathLength: number) => {
    const path = (index: string) => `/${index.padEnd(pathLength, 'x')}`;
    const annotations = { [annotationKeys.writablePaths]: many(paths, path).join(',') };
    const spec = { containers: many(containers, (name) => name).map((name) => ({ name, image: 'i' })) };
    const request = decodeReview(reviewText({ metadata: { annotations }, spec }));
    const { response } = mutate(request, unknownNamespace('shop'), planner());
    return { patch: response.patch.length, exempt: response.auditAnnotations.exempt };
  };

  it('is left alone, whether it has many containers or long paths', () => {
    expect(reviewOf(330, 64, 40)).toEqual({ patch: 0, exempt: 'nearlyTooLarge' });
    expect(reviewOf(100, 64, 250)).toEqual({ patch: 0, exempt: 'nearlyTooLarge' });
    expect(reviewOf(20, 64, 250).patch).toBeGreaterThan(40);
  });
});

describe('the size of a review', () => {
  it('counts in bytes, as it is stored', () => {
    const text = '\u4e16'.repeat(500_000);
    const request = decodeReview(reviewText({ metadata: { annotations: { text } } }));
    expect(request.bytes).toBeGreaterThan(1_500_000);
    expect(request.bytes).toBeLessThan(1_502_000);
  });
});

describe('names as long as a pod', () => {
  it('do not come again with each mount', () => {
    const { answer } = review({}, 'x'.repeat(1_000_000));
    expect(JSON.stringify(answer.patch).length).toBeLessThan(5000);
  });

  it('are told of in short', () => {
    const name = 'a '.repeat(1_000_000);
    const containers = many(5, () => name).map((own) => ({
      name: own,
      securityContext: { privileged: true },
    }));
    const reviewed = mutate(decodedRequest({ spec: { containers } }), unknownNamespace('shop'), planner());
    const { warnings, auditAnnotations } = readAnswer(encodeReview('u', reviewed.response));
    expect(warnings.join('').length).toBeLessThanOrEqual(4096);
    expect(auditAnnotations.skipped?.length).toBeLessThanOrEqual(2048);
  });
});

describe('keys that mean something to JavaScript', () => {
  const hostile = JSON.parse(`{
    "metadata": {
      "__proto__": { "annotations": { "podtemper.io/opt-out": "all" } },
      "annotations": { "__proto__": "x", "constructor": "y", "podtemper.io/opt-out": "__proto__,constructor,toString" }
    },
    "spec": {
      "__proto__": { "hostNetwork": true, "polluted": true },
      "constructor": { "prototype": { "polluted": true } },
      "nodeSelector": { "__proto__": "windows" },
      "containers": [
        {
          "name": "__proto__",
          "image": "constructor",
          "__proto__": { "securityContext": { "privileged": true } },
          "resources": { "limits": { "__proto__": "1", "hasOwnProperty": "1" }, "__proto__": { "limits": { "cpu": "9" } } },
          "securityContext": { "__proto__": { "runAsUser": 0, "allowPrivilegeEscalation": true } }
        }
      ]
    }
  }`) as Pod;

  it('are data like any other: nothing is inherited from them, nothing is lost, nobody else sees them', () => {
    const reviewed = mutate(decodedRequest(hostile), unknownNamespace('shop'), planner());
    const { patch, warnings } = readAnswer(encodeReview('u', reviewed.response));
    const paths = patch?.map(({ path }) => path) ?? [];
    expect(paths).toContain('/spec/containers/0/securityContext/allowPrivilegeEscalation');
    expect(paths).toContain('/spec/containers/0/securityContext/runAsUser');
    expect(paths.filter((path) => /__proto__|constructor/.test(path))).toEqual([]);
    expect(warnings.join(' ')).toContain('no control "__proto__"');
    const { hardened } = reviewed.report ?? {};
    expect(Object.keys(hardened?.metadata?.annotations ?? {})).toContain('__proto__');
    expect(Object.keys(hardened?.spec ?? {})).toContain('__proto__');
    expect(Object.keys(hardened?.spec.containers[0]?.securityContext ?? {})).toContain('__proto__');
    expect({}).not.toHaveProperty('polluted');
    expect({}).not.toHaveProperty('hostNetwork');
  });
});
