import { writeFile } from 'node:fs/promises';
import { bundle } from './bundle.js';
import { bundledPackages, licenseTexts } from './licenses.js';

const packages = await bundledPackages(await bundle('dist'));
await writeFile('dist/LICENSES.txt', await licenseTexts(packages));
