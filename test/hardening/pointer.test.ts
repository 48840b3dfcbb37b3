import { describe, expect, it } from '@jest/globals';
import jsonPatch from 'fast-json-patch';
import { pointerBelow, pointerToContainer } from '../../src/hardening/pointer.js';

describe('pointers', () => {
  it('lead to containers, however many there are, in any order and again', () => {
    for (const index of [1, 0, 40, 31, 32, 33, 1, 0, 40]) {
      expect(pointerToContainer('containers', index)).toBe(`/spec/containers/${index}`);
      expect(pointerToContainer('initContainers', index)).toBe(`/spec/initContainers/${index}`);
      expect(pointerBelow(pointerToContainer('containers', index), 'image')).toBe(
        `/spec/containers/${index}/image`,
      );
    }
  });

  it.each([1, 2])('lead to a field of any name (%i)', () => {
    for (const key of ['a', 'a/b', 'a~b', '~1', '', '/', 'constructor', 'é']) {
      const document = { spec: Object.fromEntries([[key, { c: key }]]) };
      const parent = pointerBelow('/spec', key);
      expect(jsonPatch.getValueByPointer(document, pointerBelow(parent, 'c'))).toBe(key);
      expect(pointerBelow('/elsewhere', key)).toBe(parent.replace('/spec', '/elsewhere'));
    }
  });
});
