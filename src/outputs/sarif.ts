import type { Advice } from '../advice/kit/advisor.js';
import type { Control } from '../controls/kit/define.js';
import type { ManifestError, Position } from '../errors.js';
import { controlIds, controlOf, isAdvisory } from '../policy/catalogue.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { version } from '../version.js';
import { type Advised, advisedOf } from './advised.js';
import { type Remark, remarksOf } from './remarks.js';
import { type Result, resultsOf } from './results.js';

/** A static analysis log in SARIF 2.1.0, which code hosts show beside the lines. */
export function renderSarif(preview: Preview): string {
  const advised = advisedOf(preview);
  const advisors = [...new Map(advised.map(({ advice }) => [advice.advisor, advice])).values()];
  const remarks = remarksOf(preview);
  const kinds = [...new Map(remarks.map((remark) => [remark.id, remark])).values()];
  const rules = [...controlIds.map(ruleOf), ...kinds.map(ruleOfRemark), ...advisors.map(ruleOfAdvisor)];
  const results = [
    ...resultsOf(preview).map(describeResult),
    ...remarks.map(describeRemark),
    ...advised.map(describeAdvised),
  ];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'podtemper', semanticVersion: version, rules } },
        // Columns are counted as JavaScript counts them.
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: preview.faults.length === 0,
            toolExecutionNotifications: [
              ...preview.faults.map((fault) => notificationOf('error', fault)),
              ...preview.warnings.map((warning) => notificationOf('warning', warning)),
            ],
          },
        ],
        results: results.map(({ ruleId, ...rest }) =>
          Object.assign({ ruleId, ruleIndex: rules.findIndex(({ id }) => id === ruleId) }, rest),
        ),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ruleOf(id: string) {
  const { docs, level } = controlOf(id);
  const purpose = isAdvisory(controlOf(id)) ? 'To mend it' : 'To avoid it';
  const remedy = docs.remedy === undefined ? '' : ` ${purpose}: ${docs.remedy}`;
  return {
    id,
    shortDescription: { text: docs.summary },
    fullDescription: { text: docs.why },
    help: { text: `${docs.why} What may break: ${docs.mayBreak}${remedy}` },
    helpUri: helpOf(docs),
    defaultConfiguration: { level: 'note' },
    properties: { tags: ['security', 'kubernetes', level] },
  };
}

/** What remarks of one kind are about. There is one only where there is such a remark. */
function ruleOfRemark({ id, summary, level }: Remark) {
  return {
    id,
    shortDescription: { text: summary },
    defaultConfiguration: { level },
    properties: { tags: ['security', 'kubernetes'] },
  };
}

/** What an advisor looks for. There is one only where it has found something. */
function ruleOfAdvisor({ advisor, summary, source }: Advice) {
  return {
    id: advisor,
    shortDescription: { text: `Looks for what is likely to break: ${summary}` },
    helpUri: helpOf({ source }),
    defaultConfiguration: { level: 'note' },
    properties: { tags: ['advice', 'kubernetes'] },
  };
}

/** The first address in a source. */
function helpOf({ source }: Pick<Control['docs'], 'source'>): string | undefined {
  return /https?:\/\/\S+/.exec(source)?.[0];
}

function describeResult({ item, control, finding, level, field, message, position }: Result) {
  const place = { item, target: finding.target, position };
  return { level, ...describePlace(place, control.id, message, field) };
}

function describeRemark({ item, id, level, message, position }: Remark) {
  // Of one kind there may be several, which nothing else tells apart.
  const text = level === 'warning' ? message : undefined;
  return { level, ...describePlace({ item, target: 'pod', position }, id, message, text) };
}

function describeAdvised({ item, advice: { advisor, target, field }, message, position }: Advised) {
  return { level: 'note', ...describePlace({ item, target, position }, advisor, message, field) };
}

interface Place {
  readonly item: PreviewItem;
  readonly target: string;
  readonly position: Position;
}

function describePlace({ item, target, position }: Place, ruleId: string, text: string, field?: string) {
  const { namespace, name, kind } = item;
  const object = [kind, namespace, name].filter((part) => part !== '').join('/');
  return {
    ruleId,
    message: { text },
    locations: [
      {
        ...locationOf(position),
        logicalLocations: [{ fullyQualifiedName: `${object}/${target}`, kind: 'resource' }],
      },
    ],
    // The same finding in a file that has moved on is the same finding.
    partialFingerprints: {
      'podtemper/v1': [object, target, ruleId, ...(field === undefined ? [] : [field])].join('/'),
    },
  };
}

function notificationOf(level: 'error' | 'warning', { message, position }: ManifestError) {
  return { level, message: { text: message }, ...(position && { locations: [locationOf(position)] }) };
}

function locationOf({ file = '', line, column }: Position) {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file) },
      region: { startLine: line, startColumn: column },
    },
  };
}

/** A relative reference (RFC 3986), as code hosts want it. */
function uriOf(file: string): string {
  return file.replaceAll('\\', '/').replace(/^\.\//, '').split('/').map(encodeURIComponent).join('/');
}
