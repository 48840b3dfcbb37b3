import * as z from 'zod';
import { describeBadWritablePath, maxWritablePath } from './paths.js';

/** A user or group ID other than root's. */
export const userId = z.int().min(1).max(2_147_483_647);

/** A directory that an empty volume can be mounted on. */
export const writablePath = z
  .string()
  .refine((path) => describeBadWritablePath(path) === undefined, {
    error: ({ input }) => `expected ${describeBadWritablePath(String(input)) ?? 'a path'}`,
  })
  // What JSON Schema can say of it, for editors.
  .meta({ pattern: '^/[^:]*$', maxLength: maxWritablePath });

/** A directory of a node. */
export const hostDirectory = z.string().regex(/^\//, 'expected an absolute path');
