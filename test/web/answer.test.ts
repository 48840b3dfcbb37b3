import { describe, expect, it } from '@jest/globals';
import { examples } from '../../src/web/examples.js';
import { answer, download } from '../../src/web/view/answer.js';
import { policyDocument } from '../admission/plans.js';
import { textOf } from '../preview/corpus.js';
import { questionAbout } from './questions.js';

const pod = (name: string, image = 'busybox') =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n    - name: app\n      image: ${image}\n`;

const tallyOf = (verdicts: readonly string[]) => {
  const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length;
  return `${count('satisfied')} satisfied, ${count('hardened')} by hardening, ${count('open')} open`;
};

describe('what the page shows', () => {
  it('leads each addition to its line, whatever stands before it', () => {
    const manifests = `# first\n${pod('one')}---\n${pod('two')}---\n${textOf('list.yaml')}`;
    const { hardened = '', objects } = answer(questionAbout(manifests));
    const lines = hardened.split('\n');
    const found = objects.flatMap(({ decisions }) =>
      decisions
        .filter(({ kind, control }) => kind === 'change' && control === 'runAsNonRoot')
        .flatMap(({ places }) => places.map(({ side, line }) => [side, lines[line - 1]?.trim()])),
    );
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const place of found)
      expect(place).toEqual(['hardened', expect.stringContaining('runAsNonRoot: true')]);
  });

  it('leads what a person must mend to its line among the manifests', () => {
    const agent = examples.find(({ id }) => id === 'agent')?.manifests ?? '';
    const [object] = answer(questionAbout(agent)).objects;
    const mend = object?.decisions.filter(({ kind }) => kind === 'mend') ?? [];
    const lines = agent.split('\n');
    expect(mend.map(({ control, places }) => [control, lines[(places[0]?.line ?? 0) - 1]?.trim()])).toEqual([
      ['hostNamespaces', 'hostPID: true'],
      ['runtimeSocket', 'hostPath: { path: /run/containerd/containerd.sock }'],
    ]);
  });

  it('says once what holds for several containers', () => {
    const manifests = `${pod('two')}    - name: sidecar\n      image: busybox\n`;
    const [object] = answer(questionAbout(manifests)).objects;
    const seccomp = object?.decisions.filter(({ control }) => control === 'seccompProfile');
    expect(seccomp).toMatchObject([{ target: 'containers app, sidecar', places: [{}, {}] }]);
  });

  it('goes through a guide, and leads to what is added and to what is open', () => {
    const agent = examples.find(({ id }) => id === 'agent')?.manifests ?? '';
    const { hardened = '', objects } = answer(questionAbout(agent, { guide: 'cis' }));
    const rows = objects[0]?.checklist?.rows ?? [];
    expect(objects[0]?.checklist?.tally).toBe(tallyOf(rows.map(({ verdict }) => verdict)));
    const lines = { manifests: agent.split('\n'), hardened: hardened.split('\n') };
    const led = (id: string) =>
      rows
        .find((row) => row.id === id)
        ?.lacks.flatMap(({ write, places }) =>
          places.map(({ side, line }) => [side, lines[side][line - 1]?.trim(), write]),
        );
    expect(led('5.2.3')).toEqual([['manifests', 'hostPID: true', expect.stringContaining('leave hostPID')]]);
    expect(led('5.2.6')).toEqual([['hardened', 'allowPrivilegeEscalation: false', undefined]]);
    expect(led('5.2.2')).toEqual([]);
    // It is about the object around the pod, or about another one.
    expect(led('5.3.2')).toEqual([]);
    expect(answer(questionAbout(agent)).objects[0]?.checklist).toBeUndefined();
  });

  it('says once what is likely to break in several containers, and where', () => {
    const manifests = pod('two', 'registry.example.com/kafka:4').concat(
      '    - name: second\n      image: registry.example.com/kafka:4\n',
    );
    const [object] = answer(questionAbout(manifests)).objects;
    const lines = manifests.split('\n');
    expect(object?.advice.map(({ advisor, target, places }) => [advisor, target, places.length])).toEqual([
      ['heavyImage', 'containers app, second', 2],
    ]);
    expect(object?.advice.flatMap(({ places }) => places.map(({ line }) => lines[line - 1]?.trim()))).toEqual(
      ['image: registry.example.com/kafka:4', 'image: registry.example.com/kafka:4'],
    );
  });

  it('says what else there is to know of an image', () => {
    const [object] = answer(questionAbout(pod('web', 'nginx'))).objects;
    expect(object?.notices).toContainEqual(
      expect.stringMatching(/^container app, known image docker\.io\/library\/nginx: Templates/),
    );
  });

  it('has a word for every control', () => {
    for (const { manifests } of examples) {
      const [object] = answer(questionAbout(manifests)).objects;
      const said = new Set([
        ...(object?.decisions.map(({ control }) => control) ?? []),
        ...(object?.quiet ?? []),
      ]);
      expect(said.size).toBeGreaterThanOrEqual(16);
    }
  });

  it('counts a policy of the webhook, by name', () => {
    const strict = policyDocument('strict', { controls: { runAsNonRoot: { runAsUser: 4242 } } });
    const settings = { policies: [strict], defaultPolicy: 'default', mode: 'enforce' } as const;
    const shown = answer({ ...questionAbout(pod('a')), settings, policyName: 'strict' });
    expect(shown.hardened).toContain('runAsUser: 4242');
    expect(answer({ ...questionAbout(pod('a')), settings }).hardened).toContain('runAsUser: 1000');
  });

  it("counts a policy of one's own before all others, or says where it is wrong", () => {
    const own = (spec: string) =>
      `apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: { name: mine }\nspec:\n  controls: ${spec}\n`;
    const mended = answer(questionAbout(pod('a'), { ownPolicy: own('{ runAsNonRoot: { runAsUser: 7 } }') }));
    expect(mended).toMatchObject({
      policyFault: undefined,
      hardened: expect.stringContaining('runAsUser: 7\n'),
    });
    const broken = answer(questionAbout(pod('a'), { ownPolicy: own('{ runAsRoot: {} }') }));
    expect(broken).toMatchObject({ hardened: undefined, policyFault: { line: 5, column: 15 } });
    expect(answer(questionAbout(pod('a'), { ownPolicy: '['.repeat(5000) })).policyFault).toBeDefined();
  });

  it('keeps what could be read beside what could not', () => {
    const { hardened, objects, faults } = answer(questionAbout(`${pod('a')}---\nspec: [\n`));
    expect(hardened).toContain('runAsNonRoot: true');
    expect(objects).toMatchObject([{ title: 'Pod a' }]);
    expect(faults).toMatchObject([{ text: expect.stringContaining('expected YAML') }]);
  });

  it('says why an object is left as it is', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n';
    expect(answer(questionAbout(service)).objects).toMatchObject([
      { title: 'Service web', outcome: 'there is no pod template in it', decisions: [], standing: undefined },
    ]);
  });

  it('hands out what the command prints', () => {
    expect(JSON.parse(download(questionAbout(pod('a')), 'patch'))).toMatchObject([
      { op: 'add' },
      {},
      {},
      {},
      {},
    ]);
    expect(() => download(questionAbout('a: [\n'), 'yaml')).toThrow('expected YAML');
  });
});
