import { podtemper } from '../subject.js';
import { withSpec } from '../trees.js';
import { type Fault, withAnswer, withHarden, withPatch, withReport } from './breaking.js';

/** Faults by which patch, hardened pod, webhook and preview say different things. */
export const faultsAgainstPatchIsReport: readonly Fault[] = [
  {
    name: 'the last operation is forgotten',
    seen: /the patch leads elsewhere/,
    subject: withReport(({ patch }) => ({ patch: patch.slice(0, -1) })),
  },
  {
    name: 'a slash in a key is not escaped',
    seen: /the patch does not apply/,
    subject: withReport(({ patch }) => ({
      patch: patch.map((operation) => ({ ...operation, path: operation.path.replaceAll('~1', '/') })),
    })),
  },
  {
    name: 'the hardened pod lacks the volumes that were added',
    seen: /the patch leads elsewhere/,
    subject: withReport(({ hardened }, { spec: { volumes = [] } }) => ({
      hardened: withSpec(hardened, { volumes }),
    })),
  },
  {
    name: 'the pod itself is written to',
    seen: /TypeError: Cannot (assign to read only|add) property/,
    subject: withHarden((pod, plan, facts) => {
      const { hardened, ...report } = podtemper.harden(pod, plan, facts);
      return { ...report, hardened: Object.assign(pod, hardened) };
    }),
  },
  {
    name: 'a patch depends on how many there were before it',
    seen: /the same pod, another patch/,
    subject: countingSubject(),
  },
  {
    name: 'the webhook leaves out what comes last',
    seen: /the webhook answers otherwise/,
    subject: withAnswer((response) => {
      const patch = decode(response.patch);
      return patch.length < 2 ? response : { ...response, patch: encode(patch.slice(0, -1)) };
    }),
  },
  {
    name: 'the preview does not know the namespace',
    seen: /the preview shows another patch/,
    subject: {
      ...podtemper,
      preview: (text, { policy, facts }) =>
        podtemper.preview(text, { policy, facts: { ...facts, labels: {}, limitRanges: [] } }),
    },
  },
  {
    name: 'the preview has a policy of its own',
    seen: /the preview shows another patch/,
    subject: {
      ...podtemper,
      preview: (text, { policy, facts }) => {
        const spec = { ...policy.spec, images: [] };
        return podtemper.preview(text, { policy: { ...policy, spec }, facts });
      },
    },
  },
];

function countingSubject() {
  let calls = 0;
  return withPatch((patch) => {
    calls++;
    return patch.map((operation) =>
      operation.op === 'add' && operation.path.endsWith('hardened')
        ? { ...operation, value: `call ${calls}` }
        : operation,
    );
  });
}

function decode(patch: unknown): readonly unknown[] {
  return typeof patch === 'string'
    ? (JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as unknown[])
    : [];
}

function encode(patch: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(patch)).toString('base64');
}
