import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/** Rows of the tables of docs/security.md: a claim, and the test that holds it. */
const rows = Array.from(
  readFileSync('docs/security.md', 'utf8').matchAll(/^\| (.+?) +\| `(test\/[^`]+)`: (.+?) +\|$/gm),
  ([, claim = '', file = '', title = '']) => ({ claim, file, title }),
);

describe('a claim of docs/security.md', () => {
  it('is there, with a test, in each section', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows.map(({ claim, file, title }) => [claim, file, title] as const))(
    'is held by a test: %s',
    (_claim, file, title) => {
      expect(existsSync(file)).toBe(true);
      expect(readFileSync(file, 'utf8')).toContain(title);
    },
  );
});
