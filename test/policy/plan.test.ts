import { describe, expect, it } from '@jest/globals';
import { codesOf, modesOf, planFor } from './documents.js';

const labels = (own: Record<string, string>) => ({ facts: { labels: own } });

describe('the plan for a namespace', () => {
  it('takes the mode of its label, whatever the default', () => {
    for (const mode of ['enforce', 'warn', 'audit']) {
      const plan = planFor({ ...labels({ 'podtemper.io/mode': mode }), unlabelledMode: undefined });
      expect(plan).toMatchObject({ mode, exemption: undefined, notices: [] });
    }
  });

  it('leaves it alone without a label in a cluster, and takes the mode given otherwise', () => {
    expect(planFor({ unlabelledMode: undefined }).exemption).toBe('notOptedIn');
    expect(planFor({ unlabelledMode: 'warn' })).toMatchObject({ mode: 'warn', exemption: undefined });
  });

  it('only looks on where the mode means nothing, and says so', () => {
    const plan = planFor({ ...labels({ 'podtemper.io/mode': 'enfroce' }), unlabelledMode: undefined });
    expect(plan).toMatchObject({ mode: 'audit', exemption: undefined });
    expect(codesOf(plan)).toEqual(['unknownMode']);
    expect(plan.notices[0]?.text).toBe(
      'podtemper.io/mode: no mode "enfroce", taken as audit; did you mean "enforce"?',
    );
    const far = planFor({ ...labels({ 'podtemper.io/mode': 'off' }), unlabelledMode: undefined });
    expect(far.notices[0]?.text).toMatch(/taken as audit; there is enforce, warn, audit$/);
  });

  it('only looks on where the policy is not there, and says which was meant', () => {
    const plan = planFor({
      specs: { strict: {} },
      ...labels({ 'podtemper.io/mode': 'enforce', 'podtemper.io/policy': 'strcit' }),
    });
    expect(plan).toMatchObject({ policy: 'default', mode: 'audit' });
    expect(codesOf(plan)).toEqual(['unknownPolicy']);
    expect(plan.notices[0]?.text).toBe(
      'podtemper.io/policy: no policy "strcit", taken as audit; did you mean "strict"?',
    );
  });

  it('takes the policy of its label, else the one by default', () => {
    const specs = { strict: {}, house: {} };
    expect(planFor({ specs, ...labels({ 'podtemper.io/policy': 'strict' }) }).policy).toBe('strict');
    expect(planFor({ specs, defaultPolicy: 'house' }).policy).toBe('house');
    expect(planFor({ specs }).policy).toBe('default');
  });
});

describe('the mode of a control', () => {
  const specs = {
    default: {
      controls: { resources: { mode: 'warn' }, seccompProfile: { mode: 'audit' }, fsGroup: { mode: 'off' } },
    },
  };

  it('is the weaker of its own and the namespace’s', () => {
    const inMode = (mode: 'enforce' | 'warn' | 'audit') => modesOf(planFor({ specs, unlabelledMode: mode }));
    expect(inMode('enforce')).toMatchObject({
      resources: 'warn',
      seccompProfile: 'audit',
      capabilities: 'enforce',
    });
    expect(inMode('warn')).toMatchObject({
      resources: 'warn',
      seccompProfile: 'audit',
      capabilities: 'warn',
    });
    expect(inMode('audit')).toMatchObject({
      resources: 'audit',
      seccompProfile: 'audit',
      capabilities: 'audit',
    });
  });

  it('refuses pods only where both let it', () => {
    const denying = { default: { controls: { privileged: { mode: 'deny' }, sshd: { mode: 'warn' } } } };
    const modeIn = (mode: 'enforce' | 'warn' | 'audit') => {
      const { privileged, sshd } = modesOf(planFor({ specs: denying, unlabelledMode: mode }));
      return [privileged, sshd];
    };
    expect(modeIn('enforce')).toEqual(['deny', 'warn']);
    expect(modeIn('warn')).toEqual(['warn', 'warn']);
    expect(modeIn('audit')).toEqual(['audit', 'audit']);
  });

  it('keeps one that is off out of the plan', () => {
    expect(Object.keys(modesOf(planFor({ specs })))).not.toContain('fsGroup');
    expect(Object.keys(modesOf(planFor({})))).toContain('fsGroup');
  });

  it('lets no control count on a user that a weaker runAsNonRoot will not set', () => {
    const weak = { default: { controls: { runAsNonRoot: { mode: 'warn' }, resources: { mode: 'warn' } } } };
    const sees = new Map(planFor({ specs: weak }).controls.map(({ id, seesNonRoot }) => [id, seesNonRoot]));
    expect(sees.get('fsGroup')).toBe(false);
    expect(sees.get('resources')).toBe(true);
  });
});

describe('the plan for a pod', () => {
  it('exempts the copy of a static pod', () => {
    const metadata = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
    expect(planFor({ metadata }).exemption).toBe('mirrorPod');
  });

  it('takes user and paths from its annotations, over what the policy knows of the image', () => {
    const specs = { default: { images: [{ match: 'redis', runAsUser: 999, writablePaths: ['/data'] }] } };
    const annotations = { 'podtemper.io/run-as-user': ' 101 ', 'podtemper.io/writable-paths': '/a, /b,' };
    const container = { name: 'app', image: 'redis:7' };
    expect(planFor({ specs }).known(container)).toMatchObject({ runAsUser: 999, writablePaths: ['/data'] });
    expect(planFor({ specs, metadata: { annotations } }).known(container)).toMatchObject({
      runAsUser: 101,
      writablePaths: ['/data', '/a', '/b'],
    });
  });

  it.each([
    ['run-as-user', '0', 'badRunAsUser', 'to stay root set podtemper.io/opt-out: runAsNonRoot'],
    ['run-as-user', '-1', 'badRunAsUser', 'found "-1"'],
    ['run-as-user', '2147483648', 'badRunAsUser', 'expected a user ID above 0'],
    ['writable-paths', 'tmp', 'badWritablePath', 'expected an absolute path, found "tmp"'],
    ['writable-paths', '/a/../..', 'badWritablePath', 'expected a directory below /'],
    ['writable-paths', '/proc/x', 'badWritablePath', 'outside /proc, /sys and /dev'],
    ['writeable-paths', '/a', 'unknownAnnotation', 'did you mean "podtemper.io/writable-paths"?'],
  ])('says what is wrong with podtemper.io/%s: %s', (key, value, code, text) => {
    const plan = planFor({ metadata: { annotations: { [`podtemper.io/${key}`]: value } } });
    expect(codesOf(plan)).toEqual([code]);
    expect(plan.notices[0]?.text).toContain(text);
    expect(plan.known({ name: 'app' })).toMatchObject({ runAsUser: undefined, writablePaths: [] });
  });

  it('sets no user ID where OpenShift gives the namespace a range', () => {
    const facts = { annotations: { 'openshift.io/sa.scc.uid-range': '1000680000/10000' } };
    expect(planFor({ facts }).nonRoot).toEqual({ runAsUser: undefined });
    expect(planFor({}).nonRoot).toEqual({ runAsUser: 1000 });
  });
});
