import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { workloadKindNamed, workloadKinds } from '../../src/cluster/workloadKinds.js';
import { tellApart } from '../../src/commands/liveReferences.js';
import { templatePathOf } from '../../src/hardening/workloads.js';
import { runPreview } from './runPreview.js';
import { podManifest, ScratchFolder } from './scratchFolder.js';

const folder = new ScratchFolder();
const home = process.cwd();
beforeAll(async () => {
  await folder.open();
  await folder.write('deployment/web', podManifest('of-a-file'));
  process.chdir(folder.pathOf('.'));
});
afterAll(async () => {
  process.chdir(home);
  await folder.close();
});

describe('what a live workload is called', () => {
  it.each([
    ['deploy/web', 'Deployment'],
    ['Deployment/web', 'Deployment'],
    ['deployments.apps/web', 'Deployment'],
    ['deployment.v1.apps/web', 'Deployment'],
    ['sts/db-0', 'StatefulSet'],
    ['ds/agent', 'DaemonSet'],
    ['rs/web-5d4', 'ReplicaSet'],
    ['po/web-5d4-x', 'Pod'],
    ['cj/report', 'CronJob'],
    ['cronjobs.batch/report', 'CronJob'],
    ['job/report', 'Job'],
    ['rc/old', 'ReplicationController'],
    ['podtemplates/one', 'PodTemplate'],
  ])('%s', (text, kind) => {
    const name = text.slice(text.indexOf('/') + 1);
    expect(tellApart([text])).toMatchObject({ paths: [], live: [{ text, kind: { kind }, name }] });
  });

  it('covers every kind that holds a pod template, by each of its names', () => {
    for (const { kind, group, resource, shortName = resource } of workloadKinds) {
      expect(templatePathOf(group, kind)).toBeDefined();
      for (const word of [kind, resource, shortName]) expect(workloadKindNamed(word)?.kind).toBe(kind);
    }
    expect(workloadKinds).toHaveLength(9);
  });
});

describe('what is none', () => {
  it.each([
    'deployment/web',
    '-',
    'deploy/web.yaml',
    'a/deploy/web',
    'deploy/',
    'nowhere.yaml',
    'service/web',
  ])('%s', (text) => {
    expect(tellApart([text])).toEqual({ paths: [text], live: [] });
  });

  it('is previewed as the file that it is, without a cluster', async () => {
    const { stdout, exitCode } = await runPreview(['deployment/web']);
    expect(stdout).toMatch(/^Pod of-a-file: /);
    expect(exitCode).toBeUndefined();
  });
});

describe('what it is told', () => {
  it.each([
    [
      'deploymnt/api',
      'deploymnt/api: expected a file, or a live workload as KIND/NAME, found no such file, and no kind "deploymnt"; did you mean "deployment"?',
    ],
    [
      'deploy',
      'deploy: expected a file, or a live workload as KIND/NAME, found no such file, and a kind alone; write deploy/NAME',
    ],
  ])('%s', (text, message) => {
    expect(() => tellApart([text])).toThrow(message);
  });

  it('of a cluster that is not there, and of writing into one', async () => {
    await folder.write('empty.kubeconfig', '{}');
    const args = ['deploy/web', '--kubeconfig', folder.pathOf('empty.kubeconfig')];
    await expect(runPreview(args)).rejects.toThrow('expected a current-context that is among the contexts');
    await expect(runPreview([...args, '--context', 'none'])).rejects.toThrow(
      `--context: expected a context of ${folder.pathOf('empty.kubeconfig')}, found "none"; there is none`,
    );
    await expect(runPreview(['deploy/web', '--write'])).rejects.toThrow(
      '--write: expected manifest files, found deploy/web; print what would be written with -o yaml',
    );
  });
});
