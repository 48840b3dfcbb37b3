import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PreviewServer } from './previewServer.js';
import { runPreview } from './runPreview.js';

const demo = 'manifests/examples/web.yaml';

/** Numbers of the lines with that mark. */
const marked = (text: string, mark: string) =>
  Array.from(text.matchAll(/^ {2}(\S) +([\d.]+) {2}/gm), ([, found, id]) =>
    found === mark ? id : undefined,
  ).filter((id) => id !== undefined);

describe('podtemper preview --guide', () => {
  it('prints a line for each item: satisfied, by hardening, or open', async () => {
    const { stdout, stderr, exitCode } = await runPreview([demo, '--guide']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: undefined });
    expect(stdout).toMatch(/^Deployment shop\/web: 8 satisfied, 5 by hardening, 3 open, by a cloud/);
    expect(marked(stdout, '!')).toEqual(['1', '10', '16']);
    expect(marked(stdout, '+')).toEqual(['2', '12', '13', '14', '15']);
    expect(marked(stdout, '=')).toEqual(['3', '4', '5', '6', '7', '8', '9', '11']);
    expect(stdout).toContain('container exporter: securityContext.runAsUser is 0');
    expect(stdout).toContain('spec.template.spec.nodeSelector is not set');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('chooses by name, and lists what no pod answers', async () => {
    const { stdout } = await runPreview([demo, '--guide', 'nsa-cisa']);
    expect(stdout).toContain('not to be seen from a pod: 4, 13');
    expect((await runPreview([demo, '--guide=cis'])).stdout).toContain('CIS Kubernetes Benchmark');
  });

  it('takes what follows for a file where it is no name', async () => {
    const { stdout } = await runPreview(['--guide', demo]);
    expect(stdout).toContain("a cloud provider's guide");
  });

  it('is asked what was meant where the name is nearly one', async () => {
    await expect(runPreview([demo, '--guide', 'nsa-cissa'])).rejects.toThrow(
      '--guide: expected the name of a guide, found "nsa-cissa"; did you mean "nsa-cisa"?',
    );
  });

  it('refuses outputs that have no place for it', async () => {
    await expect(runPreview([demo, '--guide', 'cis', '-o', 'yaml'])).rejects.toThrow(
      '--guide: expected the output text or json, found --output yaml',
    );
    await expect(runPreview([demo, '--guide', 'cis', '--write'])).rejects.toThrow('found --write');
  });

  it('stands in the JSON beside all else', async () => {
    const { stdout } = await runPreview([demo, '--guide', 'cloud', '-o', 'json']);
    const [item] = (JSON.parse(stdout) as Answer).items;
    expect(item?.guide).toMatchObject({ name: 'cloud' });
    expect(item?.guide.items).toHaveLength(16);
    expect(item?.guide.items[9]).toMatchObject({
      id: '10',
      verdict: 'open',
      places: [
        {
          targets: ['containers/exporter'],
          field: 'spec.template.spec.containers[1].securityContext.runAsUser',
        },
      ],
    });
    expect(item?.patch.length).toBeGreaterThan(0);
  });

  it('says so where there is no workload', async () => {
    const { stdout } = await runPreview(['-', '--guide'], { stdin: 'apiVersion: v1\nkind: Service\n' });
    expect(stdout).toBe('No workload among the manifests.\n');
  });

  it('tells of a few places of many', async () => {
    const containers = Array.from({ length: 40 }, (_, index) => ({
      name: `c${index}`,
      image: 'x:1',
      securityContext: { runAsUser: 0 },
      env: [{ name: `A${index}`, valueFrom: { secretKeyRef: { name: 's', key: 'a' } } }],
    }));
    const pod = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'many' },
      spec: { containers },
    });
    const { stdout } = await runPreview(['-', '--guide', 'cis'], { stdin: pod });
    expect(stdout).toContain('and 35 places more');
    expect(stdout.split('\n').length).toBeLessThan(100);
  });
});

interface Answer {
  readonly items: {
    readonly patch: unknown[];
    readonly guide: { readonly name: string; readonly items: object[] };
  }[];
}

describe('POST /preview?guide=', () => {
  let server: PreviewServer;
  const manifest =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: busybox}]}\n';

  beforeAll(async () => {
    server = new PreviewServer();
    await server.open();
  });
  afterAll(() => server.close());

  it('answers with the items as JSON, and as text', async () => {
    const json = await server.post(manifest, '?guide=cis');
    const [item] = (JSON.parse(json.text) as Answer).items;
    expect(item?.guide.name).toBe('cis');
    const text = await server.post(manifest, '?guide=cloud', { accept: 'text/plain' });
    expect(text.text).toMatch(/^Pod web: \d+ satisfied/);
  });

  it('says which guides there are, and which forms', async () => {
    const unknown = await server.post(manifest, '?guide=something');
    expect(unknown.status).toBe(400);
    expect(unknown.text).toContain('there is cloud, nsa-cisa, cis');
    const diff = await server.post(manifest, '?guide=cis', { accept: 'text/x-diff' });
    expect(diff.status).toBe(400);
    expect(diff.text).toContain('application/json or text/plain');
  });
});
