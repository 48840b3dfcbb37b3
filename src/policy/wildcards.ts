/** Whether a text fits a pattern in which `*` stands for any characters but a slash, and `**` for any at all. Takes
 *  time in proportion to the text, whatever it holds: all that the pattern may have come to is followed at once, where
 *  a regular expression would try one way after the other. */
export function compileWildcards(pattern: string): (text: string) => boolean {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const tokens = pattern.match(/\*+|[^*]/g) ?? [];
  return (text) => {
    let reached = new Set<number>();
    reach(0, tokens, reached);
    for (let index = 0; index < text.length && reached.size > 0; index++) {
      reached = step(reached, text.charAt(index), tokens);
    }
    return reached.has(tokens.length);
  };
}

/** The positions in the pattern after one more character. */
function step(reached: ReadonlySet<number>, character: string, tokens: readonly string[]): Set<number> {
  const next = new Set<number>();
  for (const position of reached) {
    const token = tokens[position];
    if (isStar(token)) {
      if (token !== '*' || character !== '/') reach(position, tokens, next);
    } else if (token === character) reach(position + 1, tokens, next);
  }
  return next;
}

/** Adds a position, and those behind it that the stars in between lead to, since a star may stand for nothing. */
function reach(position: number, tokens: readonly string[], reached: Set<number>): void {
  let last = position;
  while (isStar(tokens[last])) reached.add(last++);
  reached.add(last);
}

function isStar(token: string | undefined): boolean {
  return token?.startsWith('*') === true;
}
