import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import type { Bom } from '../../scripts/sbomOf.js';

/** The schemas of OWASP, as its own library ships them. */
const schema = (name: string) =>
  JSON.parse(readFileSync(`test/image/schemas/${name}.json`, 'utf8')) as object;

let directory: string;
let sbom: Bom;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podtemper-sbom-'));
  // In a process of its own: esbuild does not take the bytes of Jest's realm for bytes.
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/sbom.ts', directory]);
  sbom = JSON.parse(await readFile(join(directory, 'sbom.cdx.json'), 'utf8')) as Bom;
});

afterAll(() => rm(directory, { recursive: true }));

const filesOf = async (folder: string) => (await readdir(folder, { recursive: true })).toSorted();

describe('the bundle', () => {
  it('is the same to the byte wherever and whenever it is built', async () => {
    const files = (await filesOf('dist')).filter((file) => file.endsWith('.js'));
    expect((await filesOf(directory)).filter((file) => file.endsWith('.js'))).toEqual(files);
    for (const file of files) {
      const [one, other] = await Promise.all([readFile(join('dist', file)), readFile(join(directory, file))]);
      expect({ file, isSame: one?.equals(other ?? Buffer.of()) }).toEqual({ file, isSame: true });
    }
  });
});

describe('the bill of materials', () => {
  it('is CycloneDX', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
    ajv.addSchema(schema('spdx'));
    ajv.addSchema(schema('jsf-0.82'));
    const validate = ajv.compile(schema('cyclonedx-1.5'));
    validate(sbom);
    expect(validate.errors).toBeNull();
  });

  it('holds what is in the bundle, and nothing that only builds or tests it', () => {
    const names = sbom.components.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['express', 'winston', 'prom-client', 'yaml', 'zod', 'commander']),
    );
    expect(names.filter((name) => /^(?:jest|esbuild|typescript|prettier)$/.test(name))).toEqual([]);
  });

  it('says the same of the same bundle: no time, no number by chance, no name of a folder', () => {
    expect(sbom).not.toHaveProperty('serialNumber');
    expect(sbom.metadata).not.toHaveProperty('timestamp');
    expect(sbom.metadata.component.name).toBe('podtemper');
  });

  it('comes with the licence of each', async () => {
    const texts = await readFile(join(directory, 'LICENSES.txt'), 'utf8');
    for (const { name, version } of sbom.components) expect(texts).toContain(`\n${name} ${version} (`);
    expect(texts.match(/Permission is hereby granted/g)?.length).toBeGreaterThan(50);
  });
});
