import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { minify } from '@swc/core';
import { build, type Metafile, transform } from 'esbuild';
import { guides } from '../src/guides/index.js';
import { builtInDocument } from '../src/policy/policy.js';
import { namespaceModes } from '../src/policy/plan.js';
import { endings } from '../src/server/pageFiles.js';
import { examples } from '../src/web/examples.js';
import { pageFiles, renderPage } from '../src/web/page.js';
import { slim } from './slim.js';
import { withoutUnnamedMethods } from './unnamed.js';

/** Writes the page and its engine: files that any web server can serve, and that the program serves itself. Gives what
 *  went into them. */
export async function buildPage(folder: string): Promise<Metafile> {
  const { metafile } = await build({
    metafile: true,
    entryPoints: ['start', 'page', 'engine'].map((name) => `src/web/client/${name}.ts`),
    // The page takes up what has begun without it.
    external: ['./start.js'],
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
  for (const file of ['start.js', 'page.js', 'engine.js']) await squeeze(join(folder, file));
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

/** A second look by another minifier takes off another part in thirty, the methods that nothing names with it. */
async function squeeze(file: string): Promise<void> {
  const { code } = await minify(await withoutUnnamedMethods(await readFile(file, 'utf8')), {
    module: true,
    ecma: 2022,
    compress: { passes: 4, toplevel: true, ecma: 2022 },
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
    guide: { guides, chosen: undefined },
    settings: { policies: [], defaultPolicy: name, mode: 'enforce' },
    isServed: false,
  });
}
