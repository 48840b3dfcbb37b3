import { describe, expect, it } from '@jest/globals';
import type { Style } from '../../src/outputs/style.js';
import { renderText } from '../../src/outputs/text.js';
import { previewFiles, type PreviewOptions } from '../../src/preview/preview.js';
import { policiesOf } from '../admission/plans.js';
import { defaultOptions, previewOf, textOf } from '../preview/corpus.js';

const textFor = (manifests: string, options: Partial<PreviewOptions> = {}) =>
  renderText(previewOf(manifests, options));
/** The lines from the one that begins so to the next empty one. */
const sectionOf = (text: string, start: string) => {
  const from = text.indexOf(start);
  expect(from).not.toBe(-1);
  return text.slice(from, text.indexOf('\n\n', from)).split('\n');
};

const deployment = textOf('deployment.yaml');
const pod = (container: string, rest = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: busybox${container && `, ${container}`}}]${rest}}\n`;

describe('the report says', () => {
  const text = textFor(deployment);

  it('which object it is about, and what comes of it all in all', () => {
    expect(text.split('\n')[0]).toBe(
      'Deployment shop/web: 3 containers, 7 controls change it, 1 skipped (policy default, mode enforce)',
    );
  });

  it('for each container what is added', () => {
    expect(sectionOf(text, '  container nginx')).toEqual([
      '  container nginx',
      '    known image: docker.io/library/nginx (uid 101, gid 101, port 80, writes /var/cache/nginx, /run;',
      '                 nginx/docker-nginx@0d7f438, nginx/pkg-oss@e672763)',
      '                 Templates of its configuration need /etc/nginx/conf.d writable as well.',
      '    + allowPrivilegeEscalation  allowPrivilegeEscalation: false',
      '    + capabilities              drop: [ALL], add: [NET_BIND_SERVICE]',
      '                                NET_BIND_SERVICE stays, for its port below 1024 or because its image',
      '                                needs it to start',
      '    + readOnlyRootFilesystem    readOnlyRootFilesystem: true, volumeMounts: [/tmp, /var/cache/nginx,',
      '                                /run]',
      '                                paths that are known to be written to are among them',
      '                                (nginx/docker-nginx@0d7f438)',
      '    + resources                 requests: {cpu: 50m}, limits: {cpu: 1, memory: 2Gi}',
      '                                a limit was raised to the request that the container asks for',
      '    + runAsNonRoot              runAsNonRoot: true, runAsUser: 101',
      '                                the user ID is one that is known to fit (nginx/docker-nginx@0d7f438)',
      '    + seccompProfile            type: RuntimeDefault',
    ]);
  });

  it('what is skipped and why, and what was set already', () => {
    expect(sectionOf(text, '  container metrics')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^ {4}! readOnlyRootFilesystem {4}skipped: .*explicitly false/),
        '    = set already               allowPrivilegeEscalation',
      ]),
    );
  });

  it('which container is an init container', () => {
    expect(text).toContain('\n  container fetch (init)\n');
  });

  it('what the pod gets', () => {
    expect(sectionOf(text, '  pod\n')).toEqual([
      '  pod',
      '    + readOnlyRootFilesystem    volumes: [podtemper-tmp, podtemper-var-cache-nginx, podtemper-run]',
      '    + unprivilegedPorts         sysctls: [net.ipv4.ip_unprivileged_port_start=0]',
      '    ! managementPlane           medium: spec.template.spec.automountServiceAccountToken is not set',
      expect.stringMatching(/^ {32}the pod names no service account, and has/),
      expect.stringMatching(/^ {32}/),
      expect.stringMatching(/^ {32}→ automountServiceAccountToken: false, and a NetworkPolicy/),
      ...Array<unknown>(3).fill(expect.stringMatching(/^ {32}/)),
      '    - not needed                fsGroup',
    ]);
  });

  it('once for each control what it may break, and the line to write then', () => {
    const risks = sectionOf(text, 'What may break');
    expect(risks).toContain('                            → podtemper.io/writable-paths: /var/cache/app,/run');
    expect(risks).toContain(
      '                            → podtemper.io/run-as-user: "<the user ID that the image expects>"',
    );
    expect(risks.filter((line) => line.startsWith('  capabilities '))).toHaveLength(1);
  });

  it('how to leave out a control, and where', () => {
    expect(sectionOf(text, '  to leave out')).toEqual([
      '  to leave out a control    → podtemper.io/opt-out: <one or more of these, with commas>',
      '                            in spec.template.metadata.annotations; "all" leaves out every one',
    ]);
  });

  it('what was taken for granted', () => {
    expect(text).toMatch(
      /\nTaken as written: [^]*\nNamespace shop is taken to have the label podtemper\.io\/mode: enforce; without it/,
    );
  });
});

describe('Pod Security', () => {
  const standingIn = (text: string) => sectionOf(text, '  Pod Security');

  it('is one line where all is well', () => {
    expect(standingIn(textFor(pod('')))).toEqual(['  Pod Security  baseline → restricted']);
    expect(standingIn(textFor(textOf('hardened.yaml')))).toEqual(['  Pod Security  restricted as before']);
  });

  it('names else what is left, where, who must change it and what to write', () => {
    const fields = 'securityContext: {capabilities: {add: [NET_RAW, CHOWN]}}}, {name: db, image: db, ';
    const text = textFor(
      pod(`${fields}securityContext: {runAsUser: 0}`, ', volumes: [{name: v, nfs: {path: /}}]'),
    );
    expect(standingIn(text)).toEqual([
      '  Pod Security  privileged as before, and for restricted:',
      '    ! container app: capabilities.add is [NET_RAW, CHOWN]',
      '      → in the workload: securityContext.capabilities.add: [NET_BIND_SERVICE], or none',
      '    ! volume v: nfs is {path: /}',
      '      → in the workload: a volume of another kind, such as persistentVolumeClaim or emptyDir',
      '    ! container db: runAsNonRoot is not set, runAsUser is 0',
      '      → in the workload: securityContext.runAsUser: <a user ID above 0>, or leave it out',
    ]);
  });

  it('says one thing once for several containers, and whose it is', () => {
    const policies = policiesOf({ controls: { capabilities: { mode: 'off' } } });
    expect(standingIn(textFor(pod('}, {name: side, image: busybox'), { policies }))).toEqual([
      '  Pod Security  baseline as before, and for restricted:',
      '    ! containers app, side: capabilities.drop is not set',
      '      → in policy default: spec.controls.capabilities.mode: enforce',
    ]);
  });

  it('goes by what the namespace demands', () => {
    const namespace = [
      'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: default\n  labels:',
      'podtemper.io/mode: audit',
      'pod-security.kubernetes.io/enforce: baseline',
      'pod-security.kubernetes.io/enforce-version: v1.24',
    ].join('\n    ');
    expect(standingIn(textFor(`${namespace}\n---\n${pod('', ', hostPID: true')}`))).toEqual([
      '  Pod Security v1.24  privileged as before, and for restricted:',
      '    its namespace demands baseline: the API server refuses such pods',
      '    ! pod: hostPID is true',
      '      → in the workload: leave hostPID out',
      '    ! container app: allowPrivilegeEscalation is not set, capabilities.drop is not set, runAsNonRoot',
      '      is not set, seccompProfile is not set',
      '      → on namespace default: podtemper.io/mode: enforce',
    ]);
  });
});

describe('where several objects are', () => {
  it('containers that fare alike share their lines', () => {
    const text = textFor(pod('}, {name: side, image: busybox'));
    expect(text).toContain('\n  containers app, side\n');
    expect(text.match(/\+ seccompProfile/g)).toHaveLength(1);
  });

  it('risks and assumptions stand once at the end', () => {
    const text = textFor(`${pod('')}---\n${pod('').replace('name: web', 'name: db, namespace: data')}`);
    expect(text.match(/^What may break/gm)).toHaveLength(1);
    expect(text).toContain('\nNamespaces default, data are taken to have the label');
    expect(text.match(/^Pod /gm)).toHaveLength(2);
  });

  it('what is in a namespace of the cluster itself is told that the webhook is not called', () => {
    const text = textFor(pod('').replace('name: web', 'name: web, namespace: kube-system'));
    expect(text).toMatch(
      /^Pod kube-system\/web: [^\n]+\n {2}! the webhook as installed is not called in kube-system, and never refuses a pod there\n/,
    );
    expect(text).not.toContain('is taken to have the label');
  });

  it('what passes through has one line and a reason', () => {
    expect(textFor(textOf('unknown-kind.yaml')).split('\n')).toEqual([
      'Rollout canary: unchanged, not a kind that the preview knows; pods that come of it are hardened as',
      '  they are created',
      'Service web: unchanged, there is no pod template in it',
      '',
    ]);
  });

  it('the line to write is said for all kinds of them', () => {
    const text = textFor(`${pod('')}---\n${textOf('cronjob.yaml')}`);
    expect(text).toContain('in the annotations of the pod template; "all" leaves out every one');
  });
});

describe('in other modes', () => {
  it('what would be added is told as such', () => {
    const text = textFor(pod(''), { mode: 'warn' });
    expect(text.split('\n')[0]).toBe(
      'Pod web: 1 container, 6 controls would change it (policy default, mode warn)',
    );
    expect(text).toContain('    ~ seccompProfile            would add type: RuntimeDefault\n');
    expect(text).not.toContain('volumes: [');
  });

  it('a control of its own mode is too', () => {
    const policies = policiesOf({ controls: { seccompProfile: { mode: 'audit' } } });
    const text = textFor(pod(''), { policies });
    expect(text).toContain('5 controls change it, 1 control would change it');
    expect(text).toContain('    ~ seccompProfile            would add type: RuntimeDefault\n');
  });
});

describe('where little happens', () => {
  it('the report says that nothing does', () => {
    const text = textFor(textOf('hardened.yaml'));
    expect(text.split('\n')[0]).toMatch(/: 1 container, nothing to change \(/);
    expect(text).not.toContain('What may break');
  });

  it('controls skipped for one reason share it', () => {
    const text = textFor(pod('securityContext: {privileged: true}'));
    expect(sectionOf(text, '  container app')).toEqual([
      '  container app',
      '    ! 6 controls                skipped: the container is privileged: hardening would mean nothing',
      '                                or make it invalid',
      '                                allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem,',
      '                                resources, runAsNonRoot, seccompProfile',
    ]);
  });

  it('an opt-out is a reason too, and a misspelt one is told', () => {
    const text = textFor(textOf('cronjob.yaml'));
    expect(text).toContain('! podtemper.io/opt-out: no control "capabilites"; did you mean "capabilities"?');
    expect(text).toContain('skipped: the pod opted out of it by annotation');
  });

  it('a pod that is left alone as a whole says why', () => {
    const mirror = pod('').replace('name: web', 'name: web, annotations: {kubernetes.io/config.mirror: abc}');
    expect(textFor(mirror)).toMatch(/^Pod web: left alone, the copy of a static pod: the kubelet deletes it/);
  });
});

describe('the lines', () => {
  it('are no longer than asked for, but for single words', () => {
    for (const width of [60, 80, 100]) {
      const lines = renderText(previewOf(deployment), { width }).split('\n');
      expect(
        lines.filter((line) => line.length > width && line.trim().includes(' ') && !line.includes('→')),
      ).toEqual([]);
    }
  });

  it('carry no blanks at their ends', () => {
    expect(textFor(deployment)).not.toMatch(/[ \t]$/m);
  });

  it('have colours where they are asked for, and say the same', () => {
    const style: Style = (format, line) => `<${format}>${line}</>`;
    const coloured = renderText(previewOf(deployment), { style });
    expect(coloured).toContain('<green>+</>');
    expect(coloured).toContain('<yellow>!</>');
    expect(coloured).toContain('<bold>Deployment shop/web</>');
    expect(coloured.replaceAll(/<\w*>|<\/>/g, '')).toContain('securityContext.capabilities.add');
    const plain = (text: string) => text.replaceAll(/<(?:bold|cyan|dim|green|red|yellow)>|<\/>/g, '');
    expect(plain(coloured)).toBe(plain(textFor(deployment)));
  });

  it('hold nothing that a terminal would obey', () => {
    const evil = '\u001B[31mred\u0007\u202Eover';
    const text = textFor(
      JSON.stringify({
        apiVersion: 'v1',
        kind: `Pod`,
        metadata: {
          name: evil,
          namespace: evil,
          annotations: { 'podtemper.io/opt-out': evil, 'podtemper.io/writable-paths': evil },
        },
        spec: { containers: [{ name: evil, image: evil }] },
      }),
    );
    expect(text).toContain('red');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('name the files where there are several', () => {
    const shown = previewFiles(
      ['a.yaml', 'b.yaml'].map((file) => ({ file, text: pod('') })),
      defaultOptions,
    );
    expect(renderText(shown).match(/^# .*$/gm)).toEqual(['# a.yaml', '# b.yaml']);
  });
});
