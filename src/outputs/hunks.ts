import { structuredPatch, type StructuredPatchHunk } from 'diff';

/** A part of a text, and what becomes of it. */
export interface Part {
  readonly before: string;
  readonly after: string;
}

/** The hunks of a unified diff of a text of those parts, one after the other. Part by part, so that the time grows with
 *  the length of the text and not with its square. */
export function hunksOf(parts: readonly Part[]): StructuredPatchHunk[] {
  const changes: StructuredPatchHunk[] = [];
  let [oldLines, newLines] = [0, 0];
  for (const { before, after } of wholeLines(parts)) {
    for (const change of changesOf(before, after)) {
      changes.push({
        ...change,
        oldStart: change.oldStart + oldLines,
        newStart: change.newStart + newLines,
      });
    }
    oldLines += before.split('\n').length - 1;
    newLines += after.split('\n').length - 1;
  }
  const lines = linesOf(joined(parts).before);
  return groupsOf(changes).map((group) => hunkOf(group, lines));
}

/** The same parts; those are put together that share a line. */
function wholeLines(parts: readonly Part[]): Part[] {
  const whole: Part[] = [];
  let open: Part[] = [];
  for (const part of parts) {
    open.push(part);
    if (!part.before.endsWith('\n') || !part.after.endsWith('\n')) continue;
    whole.push(joined(open));
    open = [];
  }
  return [...whole, joined(open)];
}

function joined(parts: readonly Part[]): Part {
  return {
    before: parts.map(({ before }) => before).join(''),
    after: parts.map(({ after }) => after).join(''),
  };
}

/** With their line breaks. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== '');
}

/** Longest search for the shortest diff of one part, in milliseconds; after it the whole part is replaced. */
const timeout = 500;

/** The lines that change, without those around them. */
function changesOf(before: string, after: string): StructuredPatchHunk[] {
  if (before === after) return [];
  const shortest = structuredPatch('', '', before, after, '', '', { context: 0, timeout });
  if (shortest !== undefined) return shortest.hunks;
  const removed = structuredPatch('', '', before, '', '', '').hunks.flatMap(({ lines }) => lines);
  const added = structuredPatch('', '', '', after, '', '').hunks.flatMap(({ lines }) => lines);
  const count = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('\\')).length;
  return [
    {
      oldStart: 1,
      oldLines: count(removed),
      newStart: 1,
      newLines: count(added),
      lines: [...removed, ...added],
    },
  ];
}

/** Lines before and after each change. Where a diff has fewer, `git apply` and `patch` look for it at the start or the
 *  end of the file only, which is why they are not taken from one part alone. */
const contextLines = 3;

type Group = [StructuredPatchHunk, ...StructuredPatchHunk[]];

/** Changes whose context would meet or overlap make one hunk. */
function groupsOf(changes: readonly StructuredPatchHunk[]): Group[] {
  const groups: Group[] = [];
  for (const change of changes) {
    const group = groups.at(-1);
    const gap = group === undefined ? Infinity : startOf(change) - endOf(group.at(-1) ?? group[0]);
    if (group !== undefined && gap <= 2 * contextLines) group.push(change);
    else groups.push([change]);
  }
  return groups;
}

/** Number of lines before the change. */
function startOf({ oldStart }: StructuredPatchHunk): number {
  return oldStart - 1;
}

/** Number of lines up to where the change ends. */
function endOf({ oldStart, oldLines }: StructuredPatchHunk): number {
  return oldStart - 1 + oldLines;
}

function hunkOf(group: Group, lines: readonly string[]): StructuredPatchHunk {
  const [first] = group;
  const start = Math.max(startOf(first) - contextLines, 0);
  const end = Math.min(endOf(group.at(-1) ?? first) + contextLines, lines.length);
  const pieces: string[][] = [];
  let done = start;
  for (const change of group) {
    pieces.push(asContext(lines.slice(done, startOf(change))), change.lines);
    done = endOf(change);
  }
  pieces.push(asContext(lines.slice(done, end)));
  const added = group.reduce((sum, { oldLines, newLines }) => sum + newLines - oldLines, 0);
  return {
    oldStart: start + 1,
    oldLines: end - start,
    newStart: first.newStart - (startOf(first) - start),
    newLines: end - start + added,
    lines: pieces.flat(),
  };
}

function asContext(lines: readonly string[]): string[] {
  return lines.flatMap((line) =>
    line.endsWith('\n') ? [` ${line.slice(0, -1)}`] : [` ${line}`, '\\ No newline at end of file'],
  );
}
