import { describe, expect, it } from '@jest/globals';
import { amountsOf, isBestEffort, isMalformed, totalOf } from '../../../src/controls/kit/amounts.js';
import { parseQuantity } from '../../../src/controls/kit/quantity.js';
import type { Container } from '../../../src/kubernetes.js';

const withCpu = (name: string, cpu: string, more: Partial<Container> = {}): Container => ({
  name,
  resources: { requests: { cpu } },
  ...more,
});
const sidecar = { restartPolicy: 'Always' };
const requestOf = (container: Container) => amountsOf(container, 'cpu').request;

describe('totalOf', () => {
  // The formula of component-helpers, PodRequests, and of the LimitRanger's own copy.
  it.each<readonly [string, Container[], Container[], string]>([
    ['containers', [], [withCpu('a', '1'), withCpu('b', '2')], '3'],
    ['the largest init container', [withCpu('i', '5'), withCpu('j', '4')], [withCpu('a', '1')], '5'],
    ['containers and sidecars', [withCpu('s', '2', sidecar)], [withCpu('a', '1')], '3'],
    [
      'an init container and the sidecars before it',
      [withCpu('s', '2', sidecar), withCpu('i', '4')],
      [],
      '6',
    ],
    ['not the sidecars after it', [withCpu('i', '4'), withCpu('s', '2', sidecar)], [withCpu('a', '1')], '4'],
    ['sidecars while they start', [withCpu('s', '2', sidecar), withCpu('t', '3', sidecar)], [], '5'],
    ['nothing where nothing is said', [{ name: 'i' }], [{ name: 'a' }], '0'],
    ['containers that restart on their own as any other', [], [withCpu('a', '1', sidecar)], '1'],
  ])('counts %s', (_what, initContainers, containers, expected) => {
    expect(totalOf({ initContainers, containers }, requestOf)).toBe(parseQuantity(expected));
  });
});

describe('amountsOf', () => {
  it('takes a limit alone for the request, as the API server does', () => {
    const limits = { cpu: '2' };
    expect(amountsOf({ name: 'a', resources: { limits } }, 'cpu')).toEqual({
      request: parseQuantity('2'),
      limit: parseQuantity('2'),
    });
    expect(amountsOf({ name: 'a', resources: { limits } }, 'memory')).toEqual({
      request: undefined,
      limit: undefined,
    });
  });
});

describe('isMalformed', () => {
  it('is said of a quantity that cannot be read, not of one that is absent', () => {
    expect(isMalformed({ name: 'a', resources: { limits: { cpu: 'much' } } }, 'cpu')).toBe(true);
    expect(isMalformed({ name: 'a', resources: { limits: { cpu: 'much' } } }, 'memory')).toBe(false);
    expect(isMalformed({ name: 'a' }, 'cpu')).toBe(false);
  });
});

describe('isBestEffort', () => {
  it('is a pod of which no container, init containers too, has any cpu or memory', () => {
    const storage: Container = { name: 's', resources: { requests: { 'ephemeral-storage': '1Gi' } } };
    expect(isBestEffort({ containers: [{ name: 'a' }, withCpu('b', '0'), storage] })).toBe(true);
    expect(isBestEffort({ initContainers: [withCpu('i', '1m')], containers: [{ name: 'a' }] })).toBe(false);
  });
});
