import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { RequestError } from './refusal.js';

/** Who may send reviews. */
export interface CallerRules {
  /** PEM of the authorities that vouch for callers; asked at the start and at each change. */
  readonly authorities: () => string;
  /** Common names of their certificates; any, where there are none. */
  readonly names: readonly string[];
}

/** Why a caller may not send reviews; undefined where it may. */
export type CallerCheck = (socket: Socket) => RequestError | undefined;

/** Has a server ask callers for a certificate. Whoever has none is not turned away: probes have none. */
export const askForCertificate = { requestCert: true, rejectUnauthorized: false } as const;

/** What a server must know of the callers' authorities. */
export function callerOptions(rules: CallerRules | undefined): SecureContextOptions {
  return rules === undefined ? {} : { ca: rules.authorities() };
}

/** Looks at the certificate of whoever sends reviews, once a connection. */
export function callerCheck({ names }: CallerRules): CallerCheck {
  const looked = new WeakMap<Socket, RequestError | 'admitted'>();
  return (socket) => {
    let result = looked.get(socket);
    if (result === undefined) {
      result = refusalOf(socket as TLSSocket, names) ?? 'admitted';
      looked.set(socket, result);
    }
    return result === 'admitted' ? undefined : result;
  };
}

function refusalOf(socket: TLSSocket, names: readonly string[]): RequestError | undefined {
  // `authorized` alone will not do: Node says it of whoever resumes a session of TLS 1.3 that had no certificate.
  if (socket.getPeerX509Certificate() === undefined) return refusal('none');
  if (!socket.authorized) return refusal(`one that is not trusted: ${String(socket.authorizationError)}`);
  const { CN: name } = socket.getPeerCertificate().subject;
  const own = [name ?? []].flat();
  if (names.length === 0 || own.some((each) => names.includes(each))) return undefined;
  return refusal(`one for ${own.join(', ') || 'nobody'}, which --client-name does not allow`);
}

function refusal(found: string): RequestError {
  return new RequestError(403, {
    where: 'client certificate',
    expected: 'one that an authority of --client-ca issued',
    found,
    advice: 'only the API server may send reviews: its AdmissionConfiguration names its certificate',
  });
}
