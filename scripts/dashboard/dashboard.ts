import { type Panel, panels } from './panels.js';

const columns = 24;
const sizes = { stat: { w: 6, h: 4 }, timeseries: { w: 12, h: 8 } } as const;

/** The dashboard as Grafana imports it; the data source is chosen there. */
export function dashboardJson(): string {
  let [x, y] = [0, 0];
  const placed = panels.map((panel, index) => {
    const { w, h } = sizes[panel.kind];
    if (x + w > columns) [x, y] = [0, y + sizes[panels[index - 1]?.kind ?? panel.kind].h];
    const gridPos = { x, y, w, h };
    x += w;
    return panelJson(panel, index + 1, gridPos);
  });
  const dashboard = {
    uid: 'podtemper',
    title: 'podtemper',
    tags: ['podtemper', 'kubernetes', 'admission'],
    timezone: 'browser',
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }],
    },
    panels: placed,
  };
  return JSON.stringify(dashboard, undefined, 2);
}

const datasource = { type: 'prometheus', uid: '${datasource}' };

function panelJson({ title, tells, kind, unit, targets }: Panel, id: number, gridPos: object) {
  return {
    id,
    title,
    description: tells,
    type: kind,
    gridPos,
    datasource,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: targets.map(({ query, legend }, index) => ({
      refId: 'ABCDEFGH'.charAt(index),
      datasource,
      expr: query,
      legendFormat: legend,
    })),
  };
}

/** The table of its queries, for docs/metrics.md. */
export function dashboardTable(): string[] {
  const rows = panels.flatMap(({ title, tells, targets }) =>
    targets.map(({ query }, index) => {
      const [name, text] = index === 0 ? [title, tells] : ['', ''];
      return `| ${name} | ${text} | \`${query.replaceAll('|', '\\|')}\` |`;
    }),
  );
  return ['| panel | tells | query |', '| --- | --- | --- |', ...rows];
}
