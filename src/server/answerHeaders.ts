/** Headers of every answer, on every listener: nobody is to guess another media type, and nobody to keep it. */
export const answerHeaders = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;
