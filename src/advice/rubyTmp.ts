import type { Container } from '../kubernetes.js';
import { type Advisor, silent } from './kit/advisor.js';
import { imageNameOf, invocationsOf } from './kit/programs.js';

const programs = new Set(
  'bundle fluentd irb jekyll passenger puma rackup rails rake rspec ruby sidekiq thin unicorn'.split(' '),
);

/** Looks for Ruby, whose temporary files do not go into an emptyDir. */
export const rubyTmp: Advisor = {
  id: 'rubyTmp',
  summary:
    'Ruby, which refuses a /tmp that everybody may write to without the sticky bit, as an emptyDir is.',
  source: 'https://github.com/kubernetes/kubernetes/issues/110835',
  look({ container, change }) {
    if (!mountsTmp(change('readOnlyRootFilesystem'))) return silent;
    const own = container.env?.find(({ name }) => name === 'TMPDIR')?.value;
    if (own != null && own !== '/tmp') return silent;
    const field = fieldOfRuby(container);
    if (field === undefined) return silent;
    return [
      {
        field,
        says: 'it is Ruby, which finds no temporary directory where /tmp is an emptyDir ("could not find a temporary directory")',
        write:
          'env: [{name: TMPDIR, value: /tmp/ruby}] and command: [sh, -c, "mkdir -m 700 -p /tmp/ruby && exec …"]; or ' +
          'podtemper.io/opt-out: readOnlyRootFilesystem',
      },
    ];
  },
};

function mountsTmp(change: { readonly own?: object } | undefined): boolean {
  const { volumeMounts = [] } = (change?.own ?? {}) as {
    readonly volumeMounts?: readonly { readonly mountPath: string }[];
  };
  return volumeMounts.some(({ mountPath }) => mountPath === '/tmp');
}

function fieldOfRuby(container: Container): string | undefined {
  const called = invocationsOf(container).find(
    ({ name, words }) => programs.has(name) || words.some((word) => word.endsWith('.rb')),
  );
  if (called !== undefined) return called.field;
  return /(?:^|-)(?:fluentd|jruby|passenger|puma|rails|ruby|sidekiq)(?:$|-)/.test(imageNameOf(container))
    ? 'image'
    : undefined;
}
