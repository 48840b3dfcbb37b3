import { chmod, rm } from 'node:fs/promises';
import { build, type Metafile } from 'esbuild';

/** Bundles the program into a folder; gives what went into it. */
export async function bundle(outdir: string): Promise<Metafile> {
  // One bundle a command would repeat the client for Kubernetes; with splitting it is a chunk, loaded on demand.
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: ['src/main.ts'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    // Every package's whole licence stands in LICENSES.txt.
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
    // CommonJS packages ask for Node's own modules by `require`, which an ES module has not.
    banner: {
      // Reviews leave only short-lived garbage: a smaller nursery saves a quarter of the memory and costs no time.
      js: "#!/usr/bin/env -S node --max-semi-space-size=8\nimport { createRequire as podtemperCreateRequire } from 'node:module';\nconst require = podtemperCreateRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await chmod(`${outdir}/main.js`, 0o755);
  return metafile;
}
