import type { ClusterConnection } from './connection.js';
import { Reflector } from './reflector.js';
import type { Timing } from './timing.js';

/** Calls back whenever one object has changed, is gone or is there again, and now and then besides. Failures are not
 *  told: whoever is called back reads the object, and sees for itself. Gives what ends it. */
export function watchObject(
  connection: Pick<ClusterConnection, 'get' | 'watch'>,
  { path, name }: { readonly path: string; readonly name: string },
  timing: Timing,
  onChange: () => void,
): () => void {
  const read = () => undefined;
  const changes = { replace: onChange, upsert: onChange, remove: onChange };
  const reflector = new Reflector({ connection, path, name, timing, read, ...changes });
  reflector.start();
  return () => reflector.stop();
}
