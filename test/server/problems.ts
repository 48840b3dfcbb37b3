import { expect } from '@jest/globals';

/** A problem as we send it (RFC 9457), with the parts of our errors. */
interface Problem {
  readonly detail: string;
  readonly where: string;
  readonly expected: string;
  readonly found: string;
  readonly advice?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Expects an answer that says what was wrong, in JSON, with these parts. */
export function expectProblem(
  answer: Answer,
  status: number,
  parts: Partial<Record<keyof Problem, unknown>>,
): void {
  expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({
    status,
    type: 'application/problem+json',
  });
  const problem = JSON.parse(answer.text) as Problem;
  expect(problem).toMatchObject({ type: 'about:blank', status, ...parts });
  const { where, expected, found, advice } = problem;
  const detail = `${where}: expected ${expected}, found ${found}${advice === undefined ? '' : `; ${advice}`}`;
  // Before it stands the place in the text, where there is one.
  expect(problem.detail).toContain(detail);
}
