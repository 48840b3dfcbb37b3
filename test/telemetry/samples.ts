/** A line of a metrics page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const metricName = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const comment = new RegExp(
  `^# (?:HELP ${metricName} .*|TYPE ${metricName} (?:counter|gauge|histogram|summary))$`,
);
const sample = new RegExp(`^(${metricName})(?:\\{(.*)\\})? (\\S+)$`);
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/y;

/** The samples of a page in the Prometheus text format 0.0.4.
 *  @throws Error for a line that is not of this format */
export function parseSamples(page: string): Sample[] {
  if (!page.endsWith('\n')) throw new Error('metrics page: expected a line feed at the end, found none');
  const lines = page.split('\n').filter((line) => line !== '' && !comment.test(line));
  return lines.map((line) => {
    const [, name, labels = '', value] = sample.exec(line) ?? [];
    if (name === undefined) throw new Error(`metrics page: expected a sample, found ${line}`);
    return { name, labels: parseLabels(labels, line), value: numberOf(value ?? '', line) };
  });
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const [, name, value = ''] = label.exec(text) ?? [];
    if (name === undefined) throw new Error(`metrics page: expected labels, found ${line}`);
    labels[name] = value.replaceAll(/\\([\\"n])/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    );
  }
  return labels;
}

function numberOf(text: string, line: string): number {
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
  // prom-client spells it Nan; Prometheus reads it in any case.
  if (Number.isNaN(value) && !/^nan$/i.test(text))
    throw new Error(`metrics page: expected a number, found ${line}`);
  return value;
}

/** The value of the one sample with that name and at least these labels.
 *  @throws Error where there is none, or more than one */
export function valueOf(page: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels);
  const found = parseSamples(page).filter(
    (one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`${name} ${JSON.stringify(labels)}: expected one sample, found ${found.length}`);
  }
  return only.value;
}
