import type { BundledPackage } from './licenses.js';

/** What of a CycloneDX document is looked at here. */
export interface Bom {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component: Root };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/** The program itself, which npm calls by the folder that it is in. */
interface Root {
  readonly 'bom-ref': string;
  readonly name: string;
}

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** Of all that is installed for the program, what is in its bundle. The same bundle gives the same document.
 *  @throws Error where the document lacks a package of the bundle */
export function sbomOf(
  { serialNumber: _serial, metadata, ...bom }: Bom,
  packages: readonly BundledPackage[],
): Bom {
  const { timestamp: _time, ...lasting } = metadata;
  const keys = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = bom.components.filter(({ name, version }) => keys.delete(`${name}@${version}`));
  if (keys.size > 0) throw new Error(`npm sbom: expected ${[...keys].join(', ')}, found none`);
  const refs = new Set([
    metadata.component['bom-ref'],
    ...components.map((component) => component['bom-ref']),
  ]);
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  const component = { ...metadata.component, name: 'podtemper' };
  return { ...bom, metadata: { ...lasting, component }, components, dependencies };
}
