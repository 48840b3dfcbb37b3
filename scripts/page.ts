import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { minify } from '@swc/core';
import { build, type Metafile, type Plugin, transform } from 'esbuild';
import { builtInDocument } from '../src/policy/policy.js';
import { namespaceModes } from '../src/policy/plan.js';
import { endings } from '../src/server/pageFiles.js';
import { examples } from '../src/web/examples.js';
import { pageFiles, renderPage } from '../src/web/page.js';
import { version } from '../src/version.js';

/** Modules of zod that the page never runs: its way to JSON Schema, and to code that is made of text, which the page's
 *  security policy forbids. A tenth of the engine. */
const neverRun = /zod\/v4\/core\/(json-schema-processors|to-json-schema|json-schema-generator|doc)\.js$/;

/** Leaves out what the page has no use for. */
const slim: Plugin = {
  name: 'slim',
  setup(building) {
    building.onLoad({ filter: neverRun }, async ({ path }) => {
      const names = (await readFile(path, 'utf8')).matchAll(/^export (?:const|function|class) (\w+)/gm);
      return { contents: Array.from(names, ([, name]) => `export function ${name}() {}`).join('\n') };
    });
    // Of the program's own description the page needs one line.
    building.onLoad({ filter: /package\.json$/ }, () => ({
      contents: JSON.stringify({ version }),
      loader: 'json',
    }));
    // These packages define tags for languages as they are loaded, which nothing here asks for.
    building.onResolve({ filter: /^@(lezer|codemirror)\// }, async ({ path, pluginData, ...rest }) => {
      if (pluginData === 'resolved') return undefined;
      const found = await building.resolve(path, { ...rest, pluginData: 'resolved' });
      return { ...found, sideEffects: false };
    });
  },
};

/** Writes the page and its engine: files that any web server can serve, and that the program serves itself. Gives what
 *  went into them. */
export async function buildPage(folder: string): Promise<Metafile> {
  const { metafile } = await build({
    metafile: true,
    entryPoints: { page: 'src/web/client/page.ts', engine: 'src/web/client/engine.ts' },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'external',
    logLevel: 'warning',
    plugins: [slim],
  });
  for (const file of ['page.js', 'engine.js']) await squeeze(join(folder, file));
  const css = await transform(await readFile('src/web/page.css', 'utf8'), { loader: 'css', minify: true });
  await writeFile(join(folder, 'page.css'), css.code);
  await writeFile(join(folder, 'index.html'), indexPage());
  // So that who serves them need not compress them each time.
  for (const file of pageFiles) {
    const bytes = await readFile(join(folder, file));
    await writeFile(join(folder, `${file}${endings.gzip}`), gzipSync(bytes, { level: 9 }));
    await writeFile(join(folder, `${file}${endings.br}`), brotliCompressSync(bytes));
  }
  return metafile;
}

/** A second look by another minifier takes off another part in thirty. */
async function squeeze(file: string): Promise<void> {
  const { code } = await minify(await readFile(file, 'utf8'), {
    module: true,
    ecma: 2022,
    compress: { passes: 2, toplevel: true, ecma: 2022 },
    mangle: { toplevel: true },
    format: { comments: false, ecma: 2022 },
  });
  await writeFile(file, code);
}

/** The page by itself: nothing stands behind it, so that the built-in policy holds. */
function indexPage(): string {
  const { name } = builtInDocument().metadata;
  return renderPage({
    manifests: examples[0].manifests,
    policy: { names: [name], chosen: undefined, otherwise: name },
    mode: { names: namespaceModes, chosen: undefined, otherwise: 'enforce' },
    settings: { policies: [], defaultPolicy: name, mode: 'enforce' },
    isServed: false,
  });
}
