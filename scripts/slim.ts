import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnLoadResult, Plugin } from 'esbuild';
import { version } from '../src/version.js';

/** Modules that the page never runs: zod's way to JSON Schema, to code that is made of text, which the page's security
 *  policy forbids, and through schemas that contain themselves; the `yaml` package's values that Kubernetes has not. */
const neverRun =
  /zod\/v4\/core\/(?:json-schema-processors|to-json-schema|json-schema-generator|doc|compile|memoizer)\.js$|yaml-1\.1\/(?:binary|omap|pairs|set)\.js$/;

/** Of guides and advisors: why a guide asks for something, and where it is known from. */
const docsOnly = /^ +(?:why|remark|summary|source):\s+(?:'[^'\n]*'|"[^"\n]*"),\n/gm;

/** Leaves out what the page has no use for. */
export const slim: Plugin = {
  name: 'slim',
  setup(building) {
    building.onLoad({ filter: neverRun }, ({ path }) => emptied(path));
    building.onLoad({ filter: /zod\/v4\/classic\/schemas\.js$/ }, async ({ path }) => ({
      contents: withoutUnused(await readFile(path, 'utf8'), await namesBeside('zod')),
    }));
    // It folds lines that are too long, and none of ours is.
    building.onLoad({ filter: /stringify\/foldFlowLines\.js$/ }, () => ({
      contents:
        'export const FOLD_FLOW = 0, FOLD_BLOCK = 0, FOLD_QUOTED = 0, foldFlowLines = (text) => text;',
    }));
    // What stands in docs alone, and nowhere on the page.
    building.onLoad(
      { filter: /src\/(?:guides\/(?:cis|cloud|nsaCisa)|advice\/\w+)\.ts$/ },
      async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replaceAll(docsOnly, ''),
        loader: 'ts',
      }),
    );
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

/** A module of the same exports, each of which does nothing. */
async function emptied(path: string): Promise<OnLoadResult> {
  const text = await readFile(path, 'utf8');
  const declared = [...text.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
  const listed = [...text.matchAll(/^export \{ (.*) \};/gm)].flatMap(([, names = '']) =>
    names.split(', ').map((name) => name.replace(/.* as /, '')),
  );
  return { contents: [...declared, ...listed].map((name) => `export function ${name}() {}`).join('\n') };
}

/** Zod's schemas without the methods that nothing names: each brings a kind of schema or check along. */
function withoutUnused(schemas: string, names: ReadonlySet<string>): string {
  const own = new Set([...schemas.matchAll(/\b(?:this|inst)\.(\w+)/g)].map(([, name]) => name));
  const method = /^ {4}(?:async |get |set )?(\w+)(?:\(|: (?:async )?function ).*\{\n(?:.*\n)*? {4}\},?\n/gm;
  return (
    schemas
      .replaceAll(method, (text, name: string) => (names.has(name) || own.has(name) ? text : ''))
      // By way of the index it would be an object, with all that the module exports.
      .replace('import { util } from "../core/index.js"', 'import * as util from "../core/util.js"')
      .replaceAll('core.util.', 'util.')
  );
}

/** What follows a dot in those sources of ours that import a package. */
async function namesBeside(imported: string): Promise<ReadonlySet<string>> {
  const files = (await readdir('src', { recursive: true })).filter((file) =>
    /^(?!openapi).*\.ts$/.test(file),
  );
  const texts = await Promise.all(files.map((file) => readFile(join('src', file), 'utf8')));
  const users = texts.filter((text) => text.includes(` from '${imported}'`));
  return new Set(users.flatMap((text) => [...text.matchAll(/\.(\w+)/g)].map(([, name = '']) => name)));
}
