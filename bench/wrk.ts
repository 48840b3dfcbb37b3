import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One run of load. */
export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly failures: number;
}

/** Sends a body again and again over 16 connections. The last core is for the load, the first for the server.
 *  @throws Error where wrk is not installed */
export async function load(url: string, script: string, seconds: number): Promise<Load> {
  const args = ['-c', '1', 'wrk', '-t1', '-c16', `-d${seconds}s`, '--latency', '-s', script, url];
  const { stdout } = await run('taskset', args).catch((cause: unknown) => {
    throw new Error('the load did not run; wrk and taskset are needed: apt-get install wrk util-linux', {
      cause,
    });
  });
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? '0';
  const broken =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Milliseconds: percentile(50, stdout),
    p99Milliseconds: percentile(99, stdout),
    failures: [failed, ...broken].reduce((sum, count) => sum + Number(count), 0),
  };
}

/** From a line of its own: a share of requests may end in the same figures, as 98.99% does. */
function percentile(percent: number, stdout: string): number {
  return milliseconds(new RegExp(`^ +${percent}% +(\\S+)`, 'm').exec(stdout)?.[1]);
}

function milliseconds(text: string | undefined): number {
  const [, number, unit = ''] = /^([\d.]+)(us|ms|s)$/.exec(text ?? '') ?? [];
  const factors: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };
  return Number(number) * (factors[unit] ?? Number.NaN);
}

/** The wrk script that posts a body, or several by turns. */
export function postScript(...bodies: readonly string[]): string {
  const start = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n';
  const quoted = bodies.map((body) => `[===[${body}]===]`);
  // One is made a request by wrk itself, before the load.
  if (quoted.length === 1) return `${start}wrk.body = ${quoted.join('')}\n`;
  return `${start}local bodies, requests, turn = {${quoted.join(',')}}, {}, 0
function init()
  for index, body in ipairs(bodies) do requests[index] = wrk.format(nil, nil, nil, body) end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
`;
}
