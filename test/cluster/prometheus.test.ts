import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { annotated, barePod, dryRun, modeLabel } from './barePod.js';
import type { Cluster } from './cluster.js';
import { commandOutput, runCommand } from './commands.js';
import { type Installation, install } from './installation.js';
import { findPromtool, type Prometheus, startPrometheus } from './prometheus.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rules = join(root, 'manifests/chart/files/rules.yaml');

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

describe('a real Prometheus', () => {
  let cluster: Cluster;
  let installation: Installation;
  let prometheus: Prometheus;

  beforeAll(async () => {
    cluster = await connect();
    installation = await install(cluster, { replicas: 2 });
    const targets = installation.processes.map(({ operationsUrl }) => new URL(operationsUrl).host);
    prometheus = await startPrometheus(join(cluster.directory, 'prometheus'), targets, rules);
  });

  afterAll(async () => {
    await prometheus?.stop();
    await installation?.uninstall();
    cluster?.close();
  });

  it('finds nothing to complain of in the format', async () => {
    const promtool = await findPromtool();
    const [process] = installation.processes;
    const page = await (await fetch(`${process?.operationsUrl}/metrics`)).text();
    const { code, stdout, stderr } = await runCommand(promtool, ['check', 'metrics'], { input: page });
    // What Node's own metrics are called is not ours to choose.
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('podtemper_'));
    expect(complaints).toEqual([]);
    expect(code).not.toBe(1); // could not be parsed; 3 is a complaint
  });

  it('has data for every query of the dashboard', async () => {
    const namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
    const grant = { [modeLabel]: 'warn', 'podtemper.io/opt-out': 'resources.nothing' };
    await installation.createNamespace('narrow', grant);
    const create = async () => {
      await dryRun(cluster, namespace, barePod);
      await dryRun(cluster, namespace, annotated({ 'podtemper.io/opt-out': 'resources, nothing' }));
      await delay(100);
    };
    const text = await readFile(join(root, 'manifests/dashboards/podtemper.json'), 'utf8');
    const { panels } = JSON.parse(text) as Dashboard;
    const queries = panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => [title, expr.replaceAll('$__rate_interval', '10s')] as const),
    );
    expect(queries.length).toBeGreaterThan(20);
    let empty: unknown[] = [];
    await waitUntil('data for every query', async () => {
      await create();
      const answers = await Promise.all(
        queries.map(async ([title, query]) => [title, query, await prometheus.query(query)] as const),
      );
      empty = answers.filter(
        ([, , series]) => series.length === 0 || series.some(({ value }) => Number.isNaN(value)),
      );
      return empty.length === 0;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)} Without data: ${JSON.stringify(empty)}`);
    });
    // Zeroes are data too. What has happened is there with the next scrape.
    for (const query of [
      'sum(podtemper_opted_out_pods_total)',
      'sum(podtemper_decisions_total{decision="change"})',
      'sum(podtemper_decisions_total{control="resources", reason="optedOut"})',
      'max(podtemper_namespaces{mode="enforce"})',
      'max(podtemper_opt_out_grants{grant="some"})',
      'max(podtemper_namespace_labels_ignored{code="unknownGrant"})',
    ]) {
      await waitUntil(`more than 0 of ${query}`, async () => {
        const [sum] = await prometheus.query(query);
        return sum !== undefined && sum.value > 0;
      });
    }
  });

  it('evaluates every alert, and none is firing', async () => {
    const evaluated = await prometheus.rules();
    expect(evaluated.length).toBeGreaterThan(10);
    expect(evaluated.filter((rule) => !rule.endsWith(' ok'))).toEqual([]);
    expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual([]);
  });
});

describe('the alert rules', () => {
  it('are sound, and fire and stay silent where they should', async () => {
    const promtool = await findPromtool();
    await commandOutput(promtool, ['check', 'rules', rules]);
    await commandOutput(promtool, ['test', 'rules', join(root, 'test/prometheus/rules.test.yaml')]);
  });

  it('are each tested to fire and to stay silent', async () => {
    const names = [...(await readFile(rules, 'utf8')).matchAll(/- alert: (\w+)/g)].map(
      ([, name]) => name ?? '',
    );
    const tests = await readFile(join(root, 'test/prometheus/rules.test.yaml'), 'utf8');
    for (const name of names) {
      expect(tests).toContain(`alertname: ${name}, exp_alerts: []`);
      expect(tests).toMatch(new RegExp(`alertname="${name}"`));
    }
  });
});
