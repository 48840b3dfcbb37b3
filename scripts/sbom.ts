import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bundle } from './bundle.js';
import { bundledPackages, licenseTexts } from './licenses.js';
import { type Bom, sbomOf } from './sbomOf.js';

/** Bundles the program into `dist` or the folder that is named, and writes beside it what is in it: sbom.cdx.json
 *  (CycloneDX) and LICENSES.txt. */
const [, , folder = 'dist'] = process.argv;
const packages = await bundledPackages(await bundle(folder));
const npm = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
const { stdout } = await promisify(execFile)('npm', npm, { maxBuffer: 64 * 1024 * 1024 });
const sbom = sbomOf(JSON.parse(stdout) as Bom, packages);
await writeFile(`${folder}/sbom.cdx.json`, `${JSON.stringify(sbom, undefined, 2)}\n`);
await writeFile(`${folder}/LICENSES.txt`, await licenseTexts(packages));

const counts = new Map<string, number>();
for (const { license } of packages) counts.set(license, (counts.get(license) ?? 0) + 1);
const licenses = [...counts].map(([license, count]) => `${count} ${license}`).join(', ');
process.stdout.write(
  `${folder}/sbom.cdx.json: ${sbom.components.length} packages in the bundle (${licenses})\n`,
);
