import { declaresLowPort } from '../controls/kit/ports.js';
import type { Container } from '../kubernetes.js';
import { type Advisor, silent, type Subject } from './kit/advisor.js';
import { newUserOf } from './kit/effects.js';

/** Looks for a port below 1024 that only a flag or a variable names. */
export const undeclaredPort: Advisor = {
  id: 'undeclaredPort',
  summary:
    'A container that gets another user and listens, by a flag or variable, on a port below 1024 not declared.',
  source: 'https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls',
  look(subject) {
    const { container, known, pod } = subject;
    const user = newUserOf(subject);
    if (user === undefined || declaresLowPort(container) || known.lowPorts.length > 0) return silent;
    const found = inVariables(container) ?? inFlags(container);
    if (found === undefined || isOpened(subject)) return silent;
    const { field, port } = found;
    const declared = `ports: [{containerPort: ${port}}], so that it is opened for user ${user}`;
    return [
      {
        field,
        says: `it names port ${port}, which is not among the container's ports: user ${user} may not bind it ("permission denied")`,
        write: pod.spec.hostNetwork === true ? 'a port above 1023' : `${declared}; or a port above 1023`,
      },
    ];
  },
};

/** Whether the pod opens low ports to everybody already. */
function isOpened({ pod, podChange }: Subject): boolean {
  const sysctls = pod.spec.securityContext?.sysctls ?? [];
  return (
    podChange('unprivilegedPorts') !== undefined ||
    sysctls.some(({ name }) => name === 'net.ipv4.ip_unprivileged_port_start')
  );
}

interface Found {
  readonly field: string;
  readonly port: number;
}

/** Variables by which servers are told where to listen: not `SMTP_PORT`, which is another's. */
const ownVariables =
  /^(?:PORT|(?:HTTP|HTTPS|LISTEN|SERVER|BIND|APP|WEB)_PORT|(?:LISTEN|BIND|HTTP|HTTPS)_ADDR(?:ESS)?|ASPNETCORE_(?:URLS|HTTPS?_PORTS))$/;

/** Flags to the same end; those named after an address are taken only where they name one of the container's own. */
const ownFlags =
  /^--?(?:(?:http|https|secure|server|web)[.-]?port|port|listen|(?:listen|bind|http|web\.listen)[.-]?addr(?:ess)?|bind|addr(?:ess)?)$/;

function inVariables({ env }: Container): Found | undefined {
  for (const [index, { name, value }] of (env ?? []).entries()) {
    const port = value == null || !ownVariables.test(name) ? undefined : lowPortIn(value);
    if (port !== undefined) return { field: `env[${index}].value`, port };
  }
  return undefined;
}

function inFlags({ command, args }: Container): Found | undefined {
  for (const [field, words] of [
    ['command', command ?? []],
    ['args', args ?? []],
  ] as const) {
    for (const [index, word] of words.entries()) {
      const [flag, value = words[index + 1] ?? ''] = split(word);
      const port = ownFlags.test(flag) ? lowPortIn(value) : undefined;
      if (port !== undefined) return { field: `${field}[${index}]`, port };
    }
  }
  return undefined;
}

/** `--port=80` as flag and value; `--port` has its value in the next word. */
function split(word: string): [flag: string, value?: string] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** The port below 1024 of an address of the container's own: `80`, `:80`, `0.0.0.0:80`, `http://+:80`. */
function lowPortIn(value: string): number | undefined {
  const match =
    /^(?:https?:\/\/)?(?:(?:0\.0\.0\.0|\[::\]|\*|\+|localhost|127\.0\.0\.1)?:)?(\d{1,5})\/?$/.exec(value);
  const port = Number(match?.[1]);
  return port > 0 && port < 1024 ? port : undefined;
}
