/** Who a kubeconfig acts as: by a client certificate (PEM texts) or by a bearer token. */
export type User = { cert: string; key: string } | { token: string };

/** Text of a kubeconfig, in JSON, which is YAML too. */
export function kubeconfig(target: { url: string; ca: string; namespace?: string }, user: User): string {
  const { url, ca, namespace } = target;
  const credentials =
    'token' in user
      ? { token: user.token }
      : { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) };
  const cluster = { server: url, 'certificate-authority-data': base64(ca) };
  const context = { cluster: 'podtemper', user: 'podtemper', ...(namespace && { namespace }) };
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'podtemper', cluster }],
    users: [{ name: 'podtemper', user: credentials }],
    contexts: [{ name: 'podtemper', context }],
    'current-context': 'podtemper',
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
