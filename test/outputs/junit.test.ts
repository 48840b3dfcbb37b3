import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { validateXML } from 'xmllint-wasm';
import { renderJunit } from '../../src/outputs/junit.js';
import { podManifest } from '../commands/scratchFolder.js';
import { previewOf } from '../preview/corpus.js';
import { everything, mixedPreview } from './reports.js';

const schema = { fileName: 'junit.xsd', contents: readFileSync('test/outputs/schemas/junit.xsd', 'utf8') };

async function faultsOf(contents: string): Promise<readonly string[]> {
  const { errors } = await validateXML({ xml: { fileName: 'report.xml', contents }, schema: [schema] });
  return errors.map(({ rawMessage }) => rawMessage);
}

describe('-o junit', () => {
  const report = renderJunit(mixedPreview);

  it.each([
    ['a manifest with a fault', report],
    ['all manifests of the tests', renderJunit(everything)],
    ['nothing', renderJunit(previewOf(''))],
    ['names that XML would read', renderJunit(previewOf(podManifest('"<a>&\\u0001]]>"')))],
  ])('is valid by the schema: of %s', async (_what, text) => {
    expect(await faultsOf(text)).toEqual([]);
  });

  it('is held to the schema', async () => {
    expect(await faultsOf(report.replace('tests=', 'fests='))).not.toEqual([]);
  });

  it('fails where hardening adds, skips where it does not, and passes where nothing is to be done', () => {
    expect(report).toContain(
      '    <testcase name="resources of containers/web" classname="Deployment/web">\n' +
        '      <failure message="shop/web, 50%.yaml:8:11: container web: hardening adds requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: 1, memory: 1Gi}"/>\n',
    );
    expect(report).toMatch(
      /<testcase name="runAsNonRoot of containers\/root" [^>]*>\n\s*<skipped>container root: not hardened: runAsUser is explicitly 0/,
    );
    const hard = podManifest('a').replace(
      'image: busybox',
      'image: busybox, securityContext: {readOnlyRootFilesystem: true}',
    );
    expect(renderJunit(previewOf(hard))).toContain(
      '<testcase name="readOnlyRootFilesystem of containers/app" classname="Pod/a"/>',
    );
  });

  it('counts as errors what could not be read', () => {
    expect(report).toContain('<testsuite name="manifests" tests="1" failures="0" errors="1" skipped="0">');
  });
});
