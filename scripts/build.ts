import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

// One bundle a command would repeat the client for Kubernetes; with splitting it is a chunk, loaded on demand.
await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  legalComments: 'external',
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages ask for Node's own modules by `require`, which an ES module has not.
  banner: {
    // Reviews leave only short-lived garbage: a smaller nursery saves a quarter of the memory and costs no time.
    js: "#!/usr/bin/env -S node --max-semi-space-size=8\nimport { createRequire as podtemperCreateRequire } from 'node:module';\nconst require = podtemperCreateRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod('dist/main.js', 0o755);
