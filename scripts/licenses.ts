import { readdir, readFile } from 'node:fs/promises';
import type { Metafile } from 'esbuild';

/** A package of which something is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As its package.json has it: `MIT`. */
  readonly license: string;
  /** Where it is installed: `node_modules/winston`. */
  readonly folder: string;
}

/** The packages of which something is in bundles, in the order of their names. */
export async function bundledPackages(bundles: readonly Metafile[]): Promise<BundledPackage[]> {
  const folders = new Set<string>();
  const outputs = bundles.flatMap((each) => Object.values(each.outputs));
  for (const { inputs } of outputs) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const packages = await Promise.all([...folders].map(readPackage));
  return packages.toSorted((one, other) =>
    compare(`${one.name} ${one.version}`, `${other.name} ${other.version}`),
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as Record<
    'name' | 'version' | 'license',
    string | undefined
  >;
  if (name === undefined || version === undefined || license === undefined)
    throw new Error(`${folder}/package.json: expected name, version and license, found one missing`);
  return { name, version, license, folder };
}

/** Every package's licence as it must go with the bundle: its texts, or its name alone where it comes with none. */
export async function licenseTexts(packages: readonly BundledPackage[]): Promise<string> {
  const sections = await Promise.all(
    packages.map(async ({ name, version, license, folder }) => {
      const texts = await Promise.all(
        (await licenseFiles(folder)).map((file) => readFile(`${folder}/${file}`, 'utf8')),
      );
      return `${'='.repeat(100)}\n${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`;
    }),
  );
  return `podtemper holds parts of these packages.\n\n${sections.join('\n')}`;
}

async function licenseFiles(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) =>
    /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(file),
  );
  return files.toSorted();
}
