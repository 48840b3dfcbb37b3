import * as z from 'zod';
import type { Container } from '../kubernetes.js';
import { defineAdvisoryControl } from './kit/advisory.js';
import type { Flags } from './kit/flags.js';
import { baseName, simpleCommands } from './kit/shell.js';

type Code = 'command' | 'image' | 'port';

/** Finds containers that somebody is to log in to. */
export const sshd = defineAdvisoryControl({
  id: 'sshd',
  level: 'extra',
  os: 'any',
  defaultMode: 'warn',
  docs: {
    summary:
      'Finds containers that start an SSH server (sshd, dropbear), by command, arguments, postStart hook, image name or ' +
      'port 22; never an SSH client.',
    why: 'A login of its own is a second way in, with keys and passwords that Kubernetes knows nothing of.',
    mayBreak: 'Bastions, Git and SFTP servers, whose purpose it is: they opt out.',
    remedy: 'kubectl exec: in place of a login',
    source: 'https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/',
  },
  flags: {
    command: {
      severity: 'medium',
      means: 'it starts an SSH server, a way in that neither the API server nor its audit log knows of',
    },
    image: {
      severity: 'low',
      means: 'by its name the image is an SSH server',
    },
    port: {
      severity: 'low',
      means: 'port 22 is that of an SSH server',
    },
  },
  options: z.strictObject({
    images: z.boolean().default(true).describe('Whether the name of an image counts'),
    ports: z
      .array(z.int().min(1).max(65_535))
      .default([22])
      .describe('Container ports that count as those of an SSH server'),
  }),
  findInContainer(container, flags, { images, ports }) {
    findCommand(container, flags);
    if (images && isServerImage(container.image)) {
      flags.addHere(() => ({
        code: 'image',
        field: 'image',
        found: container.image ?? '',
        write: 'the image of the application alone; kubectl exec opens a shell in it',
      }));
    }
    if (container.ports == null || ports.length === 0) return;
    let index = -1;
    for (const { containerPort, protocol } of container.ports) {
      index++;
      if (!ports.includes(containerPort) || (protocol != null && protocol !== 'TCP')) continue;
      const field = `ports[${index}].containerPort`;
      flags.addHere(() => ({
        code: 'port',
        field,
        found: String(containerPort),
        write: 'leave the port out; kubectl exec and kubectl port-forward need none',
      }));
    }
  },
});

/** What no command without an SSH server lacks: all others are not even split. */
function mayName(words: readonly string[] | null | undefined): boolean {
  if (words == null) return false;
  for (const word of words) if (isTelling(word)) return true;
  return false;
}

function isTelling(word: string): boolean {
  return word.includes('ssh') || word.includes('dropbear');
}

function findCommand({ command, args, lifecycle }: Container, flags: Flags<Code>): void {
  // The arguments go to the command, or to the entrypoint of the image, of which nothing is known.
  if (mayName(command) || mayName(args)) {
    const own = command ?? [];
    findServer([...own, ...(args ?? [])], flags, (place) =>
      place < own.length ? `command[${place}]` : `args[${place - own.length}]`,
    );
  }
  const hook = lifecycle?.postStart?.exec?.command;
  if (mayName(hook)) findServer(hook, flags, (place) => `lifecycle.postStart.exec.command[${place}]`);
}

function findServer(
  words: readonly string[] | null | undefined,
  flags: Flags<Code>,
  fieldAt: (place: number) => string,
): void {
  const server = words == null ? undefined : simpleCommands(words).find(startsServer);
  if (words == null || server === undefined) return;
  flags.addHere(() => ({
    code: 'command',
    field: fieldAt(words.findIndex(isTelling)),
    // Not the whole script, which may hold a password.
    found: server.join(' '),
    write: 'the command of the application alone; kubectl exec opens a shell in the container',
  }));
}

const servers = new Set(['sshd', 'dropbear', 'in.sshd', 'tinysshd', 'sshd-session']);
const services = /^(?:sshd?|openssh|openssh-server|dropbear)(?:\.service|\.socket)?$/;
const starts = new Set(['start', 'restart', 'reload', 'enable', 'onestart']);

/** Options with which sshd only checks or shows something. */
const onlyChecks = /^-(?:t|T|G|V)/;

function startsServer([program = '', ...args]: readonly string[]): boolean {
  const name = baseName(program);
  if (servers.has(name)) return name !== 'sshd' || !args.some((arg) => onlyChecks.test(arg));
  if (/\/(?:init\.d|rc\.d)\//.test(program))
    return services.test(name) && args.some((arg) => starts.has(arg));
  if (name === 'service' || name === 'rc-service' || name === 'invoke-rc.d' || name === 'systemctl')
    return args.some((arg) => services.test(arg)) && args.some((arg) => starts.has(arg));
  return (
    name === 'start-stop-daemon' && args.some((arg) => servers.has(baseName(arg))) && !args.includes('--stop')
  );
}

/** Names by which images of SSH servers go: `openssh-server`, `ubuntu-sshd`, `dropbear`, `atmoz/sftp`. */
function isServerImage(image: string | null | undefined): boolean {
  if (image == null || !/ssh|dropbear|sftp/.test(image)) return false;
  const name = baseName(image).replace(/[:@].*$/s, '');
  return name === 'sftp' || /(?:^|[-_.])(?:sshd|openssh-server|ssh-server|sftp-server|dropbear)$/.test(name);
}
