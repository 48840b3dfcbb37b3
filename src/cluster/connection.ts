import { Agent as HttpAgent, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { openResponse, readLines, readText } from './exchange.js';
import { loadKubeconfig, loadServiceAccount } from './kubeconfig.js';

export interface GetOptions {
  /** For all of it: credentials, connection, answer and body. */
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal;
}

/** What is written, and how. */
export interface Written {
  /** PUT replaces an object, PATCH applies one (server-side apply): it makes what is not there. POST is for reviews and
   *  dry runs, which store nothing: it may be sent twice. */
  readonly method: 'PUT' | 'PATCH' | 'POST';
  readonly object: unknown;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Called when the API server has accepted the watch. */
  readonly onOpen?: () => void;
}

/** A way to one API server. */
export interface ClusterConnection {
  /** Its URL. */
  readonly server: string;
  /** Namespace of the kubeconfig's context, or of the pod; undefined where neither says. */
  readonly namespace?: string | undefined;
  /** The JSON at a path, which may hold a query.
   *  @throws StatusError when the status is not 200; the signal's reason when it is aborted */
  get(path: string, options: GetOptions): Promise<unknown>;
  /** Writes an object, and gives it as it then is.
   *  @throws StatusError when the status is neither 200 nor 201; the signal's reason when it is aborted */
  write(path: string, written: Written, options: GetOptions): Promise<unknown>;
  /** Hands over each JSON line of a watch. Resolves when the server ends the stream.
   *  @throws StatusError when the status is not 200; the signal's reason when it is aborted; what `onEvent` throws */
  watch(path: string, onEvent: (event: unknown) => void, options: WatchOptions): Promise<void>;
}

export interface ConnectOptions {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string;
  /** Its context to use, in place of the current one. */
  readonly context?: string;
  /** Where /var/run/secrets lies; for tests. */
  readonly serviceAccountRoot?: string;
}

/** A connection by the kubeconfig if one is given, else by the pod's service account; undefined if neither is there.
 *  Nothing is sent yet.
 *  @throws UsageError when the kubeconfig cannot be used */
export async function connect(options: ConnectOptions): Promise<ClusterConnection | undefined> {
  const { kubeconfig, context, serviceAccountRoot } = options;
  const config =
    kubeconfig === undefined
      ? await loadServiceAccount(serviceAccountRoot)
      : await loadKubeconfig(kubeconfig, context);
  const server = config?.getCurrentCluster()?.server;
  return config === undefined || server === undefined ? undefined : createConnection(config, server);
}

/** Connections at a time: the watches, and the fetches of a burst of pods. */
const maxSockets = 32;

/** JSON is YAML too. */
const contentTypes = {
  PUT: 'application/json',
  PATCH: 'application/apply-patch+yaml',
  POST: 'application/json',
} as const;

function createConnection(config: KubeConfig, server: string): ClusterConnection {
  const agentOptions = { keepAlive: true, maxSockets };
  const agent = server.startsWith('http:') ? new HttpAgent(agentOptions) : new HttpsAgent(agentOptions);
  const open = async (path: string, signal: AbortSignal, written?: Written) => {
    const credentials = await readCredentials(config, server);
    signal.throwIfAborted();
    const url = new URL(server + path);
    if (written === undefined) return openResponse(url, { agent, ...credentials }, signal);
    const { method, object } = written;
    const headers = { ...credentials.headers, 'content-type': contentTypes[method] };
    return openResponse(url, { agent, ...credentials, method, headers }, signal, JSON.stringify(object));
  };
  const { namespace } = config.getContextObject(config.getCurrentContext()) ?? {};
  return {
    server,
    namespace,
    get(path, options) {
      const read = async (signal: AbortSignal): Promise<unknown> =>
        JSON.parse(await readText(await open(path, signal)));
      return withDeadline(`GET ${server}${path}`, options, read);
    },
    write(path, written, options) {
      const write = async (signal: AbortSignal): Promise<unknown> =>
        JSON.parse(await readText(await open(path, signal, written)));
      return withDeadline(`${written.method} ${server}${path}`, options, write);
    },
    watch(path, onEvent, { signal, onOpen }) {
      const onLine = (line: string) => {
        signal.throwIfAborted();
        onEvent(JSON.parse(line));
      };
      return untilAborted(signal, async () => {
        const response = await open(path, signal);
        signal.throwIfAborted();
        onOpen?.();
        await readLines(response, onLine);
      });
    },
  };
}

type Credentials = Omit<RequestOptions, 'headers'> & { headers: OutgoingHttpHeaders };

/** Whom to trust and who we are, read anew for each request: tokens, certificates and plug-ins change under us. */
async function readCredentials(config: KubeConfig, server: string): Promise<Credentials> {
  const headers: OutgoingHttpHeaders = { accept: 'application/json', 'user-agent': 'podtemper' };
  const credentials: Credentials = { headers };
  // As kubectl: nothing secret goes over plain HTTP. (The client refuses such a server altogether.)
  if (server.startsWith('http:')) return credentials;
  await config.applyToHTTPSOptions(credentials);
  // A token file may end with a line feed, which no header can hold.
  if (typeof headers.Authorization === 'string') headers.Authorization = headers.Authorization.trim();
  const { agent, ...rest } = credentials;
  // Its agent keeps no connection alive and its certificates are those of the first call, but it knows proxies.
  return config.getCurrentCluster()?.proxyUrl === undefined ? rest : { ...rest, agent };
}

async function withDeadline<Result>(
  where: string,
  { timeoutMilliseconds, signal: outer }: GetOptions,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ending = new AbortController();
  const stop = () => ending.abort(outer?.reason);
  outer?.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => {
    ending.abort(new Error(`${where}: expected an answer within ${timeoutMilliseconds} ms, found none`));
  }, timeoutMilliseconds);
  try {
    outer?.throwIfAborted();
    return await untilAborted(ending.signal, () => work(ending.signal));
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}

/** The result of the work, or a rejection as soon as the signal is aborted, even while a credential plug-in hangs. */
function untilAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    void work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
