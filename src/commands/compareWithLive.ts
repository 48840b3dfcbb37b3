import type { ClusterConnection } from '../cluster/connection.js';
import { workloadKindOf } from '../cluster/workloadKinds.js';
import { type InputError, ManifestError } from '../errors.js';
import { asWritten } from '../preview/asWritten.js';
import { type ManifestObject, readManifests } from '../preview/manifests.js';
import { preview, type PreviewOptions } from '../preview/preview.js';
import { printSortedYaml } from '../preview/yaml.js';
import { findObject } from './liveWorkloads.js';

type ApiObject = Readonly<Record<string, unknown>>;

/** A live object, and what it would be with its pods hardened, both as YAML. */
export interface Comparison {
  readonly live: NamedText;
  readonly hardened: NamedText;
  readonly faults: readonly InputError[];
}

interface NamedText {
  /** As a unified diff names it. */
  readonly name: string;
  readonly text: string;
}

/** Compares objects as they would be once applied with the live ones, which may not be there yet.
 *  @throws ClusterError where one may not be read */
export function compareWithLive(
  connection: Pick<ClusterConnection, 'get' | 'namespace'>,
  applied: readonly ApiObject[],
  options: PreviewOptions,
): Promise<Comparison[]> {
  return Promise.all(
    applied.map(async (object) => {
      const text = JSON.stringify(asWritten(object));
      const [only] = readManifests({ file: 'applied', text }).documents.flatMap(({ objects }) => objects);
      if (only === undefined) throw new ManifestError(unnamed);
      const title = titleOf(only);
      const live = await findLive(connection, only, title);
      const shown = preview(text, title, options);
      return {
        live:
          live === undefined ? nothing : { name: `live/${title}`, text: printSortedYaml(asWritten(live)) },
        hardened: { name: `hardened/${title}`, text: printSortedYaml(shown.items[0]?.hardened) },
        faults: shown.faults,
      };
    }),
  );
}

const unnamed = { where: 'kubectl apply', expected: 'API objects', found: 'something else' };
const nothing: NamedText = { name: '/dev/null', text: '' };

/** `shop/deployment/web` */
function titleOf({ kind, namespace, name }: ManifestObject): string {
  return `${namespace}/${kind.toLowerCase()}/${name}`;
}

async function findLive(
  connection: Pick<ClusterConnection, 'get' | 'namespace'>,
  { apiVersion, kind: kindName, namespace, name }: ManifestObject,
  title: string,
): Promise<ApiObject | undefined> {
  const kind = workloadKindOf(apiVersion, kindName);
  return kind && findObject(connection, { text: title, kind, name }, namespace);
}
