import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  describeBadWritablePath,
  isWithin,
  normalizePath,
  occupiedPaths,
} from '../../../src/controls/kit/paths.js';

describe('normalizePath', () => {
  it.each([
    ['/tmp', '/tmp'],
    ['/tmp/', '/tmp'],
    ['//tmp', '/tmp'],
    ['tmp', '/tmp'],
    ['./tmp', '/tmp'],
    ['/tmp/.', '/tmp'],
    ['/tmp/./a//b/', '/tmp/a/b'],
    ['/var/../tmp', '/tmp'],
    ['/../../tmp', '/tmp'],
    ['/tmp/..', '/'],
    ['/', '/'],
    ['//', '/'],
    ['.', '/'],
    ['', '/'],
    ['/.cache', '/.cache'],
    ['/a..b/...', '/a..b/...'],
    ['/with space', '/with space'],
  ])('spells %j as %j', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  it('has one spelling for each directory, which it keeps', () => {
    const part = fc.constantFrom('', '.', '..', '...', 'a', 'b', '.a');
    fc.assert(
      fc.property(fc.array(part), fc.boolean(), (parts, isAbsolute) => {
        const normal = normalizePath((isAbsolute ? '/' : '') + parts.join('/'));
        expect(normal).toMatch(/^\/$|^(\/(?!\.{1,2}(\/|$))[^/]+)+$/);
        expect(normalizePath(normal)).toBe(normal);
        expect(normalizePath(`${normal}/./x/..`)).toBe(normal);
      }),
    );
  });
});

describe('isWithin', () => {
  it.each([
    ['/tmp', '/tmp', true],
    ['/tmp/a', '/tmp', true],
    ['/tmp', '/', true],
    ['/', '/', true],
    ['/', '/tmp', false],
    ['/tmp', '/tmp/a', false],
    ['/tmpfs', '/tmp', false],
    // In nearly all images /var/run is a link to /run, and /var/lock to /run/lock.
    ['/var/run', '/run', true],
    ['/run', '/var/run', true],
    ['/var/run/app', '/run', true],
    ['/run/app', '/var/run', true],
    ['/var/lock', '/run', true],
    ['/run/lock/app', '/var/lock', true],
    ['/var/runner', '/run', false],
    ['/run', '/var', false],
    // As it is spelt it lies there, wherever the link leads.
    ['/var/run', '/var', true],
    ['/var/lock/app', '/var', true],
  ])('%s within %s: %s', (path, ancestor, expected) => {
    expect(isWithin(path, ancestor)).toBe(expected);
  });
});

describe('occupiedPaths', () => {
  it('are mounts and devices, normalized', () => {
    const volumeMounts = [{ name: 'a', mountPath: 'tmp/' }];
    const volumeDevices = [{ name: 'b', devicePath: '/dev//raw' }];
    expect(occupiedPaths({ name: 'app', volumeMounts, volumeDevices })).toEqual(['/tmp', '/dev/raw']);
    expect(occupiedPaths({ name: 'app' })).toEqual([]);
  });
});

describe('describeBadWritablePath', () => {
  it.each(['/tmp', '/var/cache/nginx/', '/system', '/device', '/process', '/var/../tmp'])(
    'takes %s',
    (path) => {
      expect(describeBadWritablePath(path)).toBeUndefined();
    },
  );

  it.each([
    ['tmp', 'an absolute path'],
    ['', 'an absolute path'],
    ['/a:b', 'a path without a colon'],
    ['/', 'a directory below /'],
    ['/tmp/..', 'a directory below /'],
    ['/proc', 'a path outside /proc, /sys and /dev'],
    ['/sys/fs', 'a path outside /proc, /sys and /dev'],
    ['/var/../dev/shm', 'a path outside /proc, /sys and /dev'],
  ])('refuses %j: expected %s', (path, expected) => {
    expect(describeBadWritablePath(path)).toBe(expected);
  });
});
