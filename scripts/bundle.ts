import { chmod, rm } from 'node:fs/promises';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { buildPage } from './page.js';

const program: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  // Half of the text is white space, and all of it is read at each start. Lines stay short enough for a stack to tell a place.
  minifyWhitespace: true,
  lineLimit: 120,
  alias: { 'body-parser': './scripts/noBodyParser.cjs' },
  // Every package's whole licence stands in LICENSES.txt.
  legalComments: 'none',
  logLevel: 'warning',
};

// CommonJS packages ask for Node's own modules by `require`, which an ES module has not.
const makeRequire =
  "import { createRequire as podtemperCreateRequire } from 'node:module';\nconst require = podtemperCreateRequire(import.meta.url);";

/** Bundles the program, what it loads when it is asked for, and the page, into a folder; gives what went into each. */
export async function bundle(outdir: string): Promise<Metafile[]> {
  await rm(outdir, { recursive: true, force: true });
  // One bundle a command would repeat the client for Kubernetes; with splitting it is a chunk, loaded on demand.
  const main = await build({
    ...program,
    outdir,
    entryPoints: ['src/main.ts'],
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
    banner: {
      // Reviews leave only short-lived garbage: a smaller nursery saves a quarter of the memory and costs no time.
      js: `#!/usr/bin/env -S node --max-semi-space-size=8\n${makeRequire}`,
    },
  });
  await chmod(`${outdir}/main.js`, 0o755);
  // By itself: what it shared with the program would be chunks, which the program would have to find as it starts.
  const worker = await build({
    ...program,
    outdir,
    entryPoints: { previewWorker: 'src/commands/previewWorker.ts' },
    metafile: true,
    banner: { js: makeRequire },
  });
  return [main.metafile, worker.metafile, await buildPage(`${outdir}/page`)];
}
