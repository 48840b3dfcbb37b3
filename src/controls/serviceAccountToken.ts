import * as z from 'zod';
import type { PodSpec } from '../kubernetes.js';
import { tokenFate } from './kit/apiToken.js';
import { change, constantChange, keep, skip } from './kit/decision.js';
import { definePodControl } from './kit/define.js';

/** Keeps the key to the API server out of pods that never asked for one. */
export const serviceAccountToken = definePodControl({
  id: 'serviceAccountToken',
  level: 'extra',
  os: 'any',
  defaultMode: 'off',
  docs: {
    summary:
      'Sets automountServiceAccountToken to false where the pod names no service account, and takes out again the token ' +
      'volume and the mounts that the API server has just put in.',
    why: 'Most pods never talk to the API server: a token in them is of use to an intruder only.',
    mayBreak:
      'Programs that talk to the API server as the service account called default, to read their own pod or elect a leader.',
    remedy: 'serviceAccountName: <one of its own>',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/',
  },
  writes: ['automountServiceAccountToken'],
  removes: ['volumes', 'containers[*].volumeMounts'],
  skips: {
    explicitlyMounted: 'automountServiceAccountToken is explicitly true',
    namedServiceAccount: 'it names a service account, which says that it talks to the API server',
    ownTokenVolume:
      'the volume that the API server uses for its token is not as it makes it, so it is the own of the pod',
    ownTokenMount: 'a container mounts the volume with the token in a way of its own',
  },
  notes: {
    ownToken: 'a token that another volume of the pod projects stays',
  },
  options: z.strictObject({}),
  harden(pod) {
    const fate = tokenFate(pod);
    if (fate.kind === 'none') return keep();
    if (fate.kind !== 'goes') return skip(fate.kind, fate.detail);
    const { volume, hasOwnToken } = fate;
    if (volume === undefined) return hasOwnToken ? unsetBesideOwn : unset;
    return change<PodSpec, 'ownToken'>(set, { withoutVolume: volume, ...(hasOwnToken && ownToken) });
  },
});

const set = { automountServiceAccountToken: false };
const ownToken: { notes: 'ownToken'[] } = { notes: ['ownToken'] };
const unset = constantChange<PodSpec>(set);
const unsetBesideOwn = constantChange<PodSpec, 'ownToken'>(set, ownToken);
