import type { Control } from '../controls/kit/define.js';
import type { ManifestError, Position } from '../errors.js';
import { controlIds, controlOf, isAdvisory } from '../policy/catalogue.js';
import type { Preview } from '../preview/preview.js';
import { version } from '../version.js';
import { type Result, resultsOf } from './results.js';

/** A static analysis log in SARIF 2.1.0, which code hosts show beside the lines. */
export function renderSarif(preview: Preview): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'podtemper', semanticVersion: version, rules: controlIds.map(ruleOf) } },
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
        results: resultsOf(preview).map(describeResult),
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

/** The first address in a control's source. */
function helpOf({ source }: Control['docs']): string | undefined {
  return /https?:\/\/\S+/.exec(source)?.[0];
}

function describeResult({ item, control, finding, level, field, message, position }: Result) {
  const { namespace, name, kind } = item;
  const object = [kind, namespace, name].filter((part) => part !== '').join('/');
  return {
    ruleId: control.id,
    ruleIndex: controlIds.findIndex((id) => id === control.id),
    level,
    message: { text: message },
    locations: [
      {
        ...locationOf(position),
        logicalLocations: [{ fullyQualifiedName: `${object}/${finding.target}`, kind: 'resource' }],
      },
    ],
    // The same finding in a file that has moved on is the same finding.
    partialFingerprints: {
      'podtemper/v1': [object, finding.target, control.id, ...(field === undefined ? [] : [field])].join('/'),
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
