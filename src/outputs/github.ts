import { messageOf } from '../errors.js';
import type { Preview } from '../preview/preview.js';
import { advisedOf } from './advised.js';
import { remarksOf } from './remarks.js';
import { resultsOf } from './results.js';

/** Workflow commands, which GitHub shows as annotations of the lines in a pull request. */
export function renderGithub(preview: Preview): string {
  const results = resultsOf(preview).map(({ control, level, message, position }) =>
    commandOf(level === 'note' ? 'notice' : level, position, control.id, message),
  );
  const remarks = remarksOf(preview).map(({ id, level, message, position }) =>
    commandOf(level, position, id, message),
  );
  const advice = advisedOf(preview).map(({ advice: { advisor }, message, position }) =>
    commandOf('notice', position, advisor, message),
  );
  const faults = [
    ...preview.faults.map((fault) => ['error', fault] as const),
    ...preview.warnings.map((warning) => ['warning', warning] as const),
  ].map(([level, fault]) => commandOf(level, fault.position, 'manifest', messageOf(fault)));
  return [...results, ...remarks, ...advice, ...faults].map((line) => `${line}\n`).join('');
}

interface Place {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

function commandOf(level: string, place: Place | undefined, title: string, message: string): string {
  const properties = Object.entries({
    file: place?.file,
    line: place?.line,
    col: place?.column,
    title: `podtemper ${title}`,
  }).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${escapeProperty(String(value))}`));
  return `::${level} ${properties.join(',')}::${escapeData(message)}`;
}

/** As the runner reads them back (actions/toolkit, command.ts). */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
