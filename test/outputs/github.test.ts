import { describe, expect, it } from '@jest/globals';
import { renderGithub } from '../../src/outputs/github.js';
import { everything, mixedPreview } from './reports.js';

describe('-o github', () => {
  const lines = renderGithub(mixedPreview).split('\n');

  it('notes what hardening adds, where it would go', () => {
    expect(lines).toContain(
      '::notice file=shop/web%2C 50%25.yaml,line=8,col=11,title=podtemper runAsNonRoot::' +
        'container web: hardening adds runAsNonRoot: true, runAsUser: 1000',
    );
  });

  it('warns of what it leaves open', () => {
    expect(lines.filter((line) => line.startsWith('::warning'))).toEqual([
      expect.stringMatching(
        /line=10,.*runAsNonRoot::container root: not hardened: runAsUser is explicitly 0/,
      ),
    ]);
  });

  it('calls an error what could not be read', () => {
    expect(lines.at(-2)).toMatch(/^::error file=[^,]*,line=15,col=1,title=podtemper manifest::.*apiVersion/);
  });

  it('is one command a line', () => {
    for (const line of renderGithub(everything).trimEnd().split('\n'))
      expect(line).toMatch(
        /^::(?:notice|warning|error) file=[^,:]+,line=\d+,col=\d+,title=podtemper \w+::\S/,
      );
  });
});
