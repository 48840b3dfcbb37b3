import { watchClientAuthorities } from '../certificates/clientAuthorities.js';
import { UsageError } from '../errors.js';
import type { CallerRules } from '../server/callers.js';
import { errorFields, type Log } from '../telemetry/log.js';
import type { ServeFlags } from './serveFlags.js';

/** Who may send reviews, kept up to date. */
export interface Callers {
  readonly rules: CallerRules;
  readonly onChange: (listener: () => void) => void;
  readonly close: () => void;
}

/** The callers that the flags name; undefined where anybody may send reviews.
 *  @throws UsageError for names without authorities; CertificateError where the file holds none */
export async function openCallers(
  { clientCa, clientName }: Pick<ServeFlags, 'clientCa' | 'clientName'>,
  log: Log,
): Promise<Callers | undefined> {
  if (clientCa === undefined) {
    if (clientName.length === 0) return undefined;
    const advice = 'a name means nothing where nobody vouches for it';
    throw new UsageError({
      where: '--client-name',
      expected: '--client-ca beside it',
      found: 'none',
      advice,
    });
  }
  const listeners: (() => void)[] = [];
  const authorities = await watchClientAuthorities(clientCa, {
    onChange: () => {
      log.info('client authorities reloaded', { component: 'certificates' });
      for (const listener of listeners) listener();
    },
    onError: (error) =>
      log.error('client authorities not reloaded, the last good ones stay', {
        component: 'certificates',
        ...errorFields(error),
      }),
  });
  return {
    rules: { authorities: () => authorities.current(), names: clientName },
    onChange: (listener) => listeners.push(listener),
    close: () => authorities.close(),
  };
}
