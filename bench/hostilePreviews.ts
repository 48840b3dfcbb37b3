/** Bodies that are as much work for a preview as a body of its size can be. */
const maxBytes = 1024 * 1024;

/** Repeats a part until the body is as large as it may be. */
function fill(head: string, part: (index: number) => string, tail = ''): string {
  const parts = [head];
  let size = head.length + tail.length;
  for (let index = 0; ; index++) {
    const next = part(index);
    size += next.length;
    if (size > maxBytes) return parts.join('') + tail;
    parts.push(next);
  }
}

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n';

/** By name. */
export const hostilePreviews: Readonly<Record<string, string>> = {
  // As many containers as are taken, each with as much to say of it as there is room for.
  containers: `${pod}spec:\n  containers:\n${Array.from({ length: 1000 }, (_, index) => `    - name: c${index}\n      image: nginx\n      env: [${`{ name: A, value: b }, `.repeat(40)}]\n`).join('')}`,
  documents: fill('', (index) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a${index} }\n---\n`),
  keys: fill(pod, (index) => `k${index}: {}\n`),
  items: fill(`${pod}spec: { containers: [], more: [`, () => '[],', ']}\n'),
  aliases: fill(`${pod}a: &a { b: [1, 2, 3, 4, 5, 6, 7, 8, 9] }\nc: [`, () => '*a, ', ']\n'),
  nested: fill(`${pod}a: [`, () => `${'['.repeat(150)}${']'.repeat(150)},`, ']\n'),
  quoted: fill(`${pod}a: "`, () => '\\u0041', '"\n'),
  comments: fill(pod, () => '#\n'),
};
