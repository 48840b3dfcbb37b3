import type { Express } from 'express';

/** The files of the page besides itself. */
export interface PageFiles {
  /** Folder that holds them, each with its compressed forms beside it. */
  readonly folder: string;
  readonly names: readonly string[];
}

/** By the name of the encoding, what its files end with; the smallest first. Browsers take Brotli over TLS and from
 *  localhost only. */
export const endings = { br: '.br', gzip: '.gz' } as const;

/** Serves the page's files, compressed as far as the browser takes that. */
export function addPageFiles(app: Express, { folder, names }: PageFiles): void {
  for (const name of names) {
    app.get(`/${name}`, (request, response, next) => {
      const encoding = encodings.find((each) => request.acceptsEncodings(each) !== false);
      response.type(name).vary('accept-encoding');
      if (encoding !== undefined) response.set('content-encoding', encoding);
      const file = encoding === undefined ? name : name + endings[encoding];
      response.sendFile(file, { root: folder, cacheControl: false }, (error) => {
        if (error !== undefined) next(error);
      });
    });
  }
}

const encodings = Object.keys(endings) as (keyof typeof endings)[];
