/** The layers of the house, one rule a row: what a folder may not import. Type-only imports count as none where
 *  the rule says so. */
const layer = (name, from, notTo, { typesToo = false } = {}) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: notTo, ...(!typesToo && { dependencyTypesNot: ['type-only'] }) },
});

const packages = (...names) => `node_modules/(${names.join('|')})/`;
const node =
  '^(node:)?(fs|net|http|https|http2|tls|os|path|child_process|crypto|worker_threads|process|stream)(/|$)';
// Pure functions on a text are for everybody.
const others = (...own) => `^src/(?!(${[...own, 'shorten', 'detach'].join('|')})(/|\\.ts$))`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    layer('controls-know-only-their-kit', '^src/controls/', others('controls', 'kubernetes', 'memo')),
    layer(
      'controls-are-apart',
      '^src/controls/(?!index)[^/]+\\.ts$',
      '^src/controls/(?!kit/|index)[^/]+\\.ts$',
    ),
    layer('standards-know-only-pods', '^src/standards/', others('standards', 'kubernetes', 'shape')),
    layer('images-are-data', '^src/images/', others('images')),
    layer(
      'policy-is-pure',
      '^src/policy/',
      others('policy', 'controls', 'images', 'errors', 'kubernetes', 'memo', 'shape'),
    ),
    layer(
      'hardening-is-pure',
      '^src/hardening/',
      others('hardening', 'controls', 'policy', 'standards', 'errors', 'kubernetes'),
    ),
    layer(
      'advice-looks-at-reports',
      '^src/advice/',
      others('advice', 'hardening', 'controls', 'images', 'policy', 'kubernetes'),
    ),
    layer(
      'guides-judge-reports',
      '^src/guides/',
      others('guides', 'hardening', 'controls', 'policy', 'kubernetes'),
    ),
    layer(
      'admission-layer',
      '^src/admission/',
      others('admission', 'hardening', 'policy', 'errors', 'kubernetes', 'podShape', 'shape'),
    ),
    layer(
      'preview-layer',
      '^src/preview/',
      others(
        'preview',
        'advice',
        'guides',
        'hardening',
        'policy',
        'errors',
        'kubernetes',
        'podShape',
        'shape',
      ),
    ),
    layer(
      'networkpolicy-reads-manifests',
      '^src/networkpolicy/',
      others('networkpolicy', 'preview', 'kubernetes', 'podShape', 'shape'),
    ),
    layer(
      'outputs-render-only',
      '^src/outputs/',
      others(
        'outputs',
        'hardening/explain',
        'policy/catalogue',
        'policy/notices',
        'standards/version',
        'errors',
        'kubernetes',
        'preview/yaml',
        'version',
      ),
    ),
    layer('certificates-layer', '^src/certificates/', others('certificates', 'errors')),
    layer('cluster-layer', '^src/cluster/', others('cluster', 'errors', 'kubernetes')),
    layer('telemetry-layer', '^src/telemetry/', others('telemetry', 'errors')),
    layer(
      'server-layer',
      '^src/server/',
      others('server', 'admission', 'telemetry', 'certificates', 'errors'),
    ),
    layer(
      'doctor-checks-are-pure',
      '^src/doctor/(?!reader/)',
      others('doctor', 'hardening', 'policy', 'errors', 'kubernetes'),
    ),
    layer(
      'doctor-reader-reads',
      '^src/doctor/reader/',
      others('doctor', 'cluster', 'certificates', 'policy', 'errors', 'kubernetes'),
    ),
    layer('doctor-checks-know-no-reader', '^src/doctor/(?!reader/)', '^src/doctor/reader/', {
      typesToo: true,
    }),
    layer(
      'doctor-checks-touch-no-machine',
      '^src/doctor/(?!reader/)',
      '^(node:)?(fs|net|http|https|http2|tls|os|path|child_process|worker_threads|process|stream)(/|$)',
      { typesToo: true },
    ),
    layer(
      'openapi-describes',
      '^src/openapi/',
      others('openapi', 'controls/kit', 'guides', 'policy', 'preview/question', 'version'),
    ),
    layer('page-is-text', '^src/web/[^/]+\\.ts$', '^src/web/(view|client)/|' + others('web')),
    layer(
      'view-is-pure',
      '^src/web/view/',
      '^src/web/(?!view/)|' +
        others(
          'web',
          'outputs',
          'preview',
          'policy',
          'hardening',
          'controls',
          'standards',
          'errors',
          'kubernetes',
        ),
    ),
    layer('page-asks-its-engine', '^src/web/client/(?!engine\\.ts)', others('web', 'errors')),
    layer('browser-code-stays-there', '^src/(?!web/client/)', '^src/web/client/', { typesToo: true }),
    layer(
      'pure-folders-touch-no-machine',
      '^src/(controls|images|standards|policy|hardening|advice|guides|networkpolicy|admission|preview|outputs|openapi|web)/',
      node,
      { typesToo: true },
    ),
    layer(
      'pure-folders-serve-nothing',
      '^src/(controls|standards|policy|hardening|advice|guides|networkpolicy|admission|preview|outputs|openapi|web)/',
      packages('express', 'winston', 'prom-client'),
    ),
    layer('kubernetes-client-only-in-cluster', '^src/(?!cluster/)', packages('@kubernetes/client-node')),
    layer('nobody-imports-commands', '^src/(?!commands/|main\\.ts)', '^src/(commands/|main\\.ts)', {
      typesToo: true,
    }),
    layer('product-imports-no-tests', '^src/', '^(test|bench|scripts)/', { typesToo: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
