import { describe, expect, it } from '@jest/globals';
import { sensitiveDirectoryOf } from '../../../src/controls/kit/hostPaths.js';

describe('sensitiveDirectoryOf', () => {
  it.each([
    ['/', '/'],
    ['//', '/'],
    ['/etc/..', '/'],
    ['/etc', '/etc'],
    ['/etc/', '/etc'],
    ['//etc', '/etc'],
    ['etc', '/etc'],
    ['/data/../etc', '/etc'],
    ['/./etc/ssl/certs', '/etc'],
    ['/etc/localtime', '/etc'],
    ['/boot/grub', '/boot'],
    ['/dev/kmsg', '/dev'],
    ['/lib/modules', '/lib'],
    ['/lib64', '/lib64'],
    ['/proc/1', '/proc'],
    ['/sys/fs/cgroup', '/sys'],
    ['/usr/local/bin', '/usr'],
  ])('finds that %j lies in %j', (path, directory) => {
    expect(sensitiveDirectoryOf(path)).toBe(directory);
  });

  it.each(['/var/lib/etc', '/library', '/etcetera', '/user', '/data', '/var/run', '/home/../srv'])(
    'finds nothing in %j',
    (path) => {
      expect(sensitiveDirectoryOf(path)).toBeUndefined();
    },
  );
});
