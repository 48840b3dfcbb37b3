import { addsCapability } from '../controls/kit/security.js';
import type { Container } from '../kubernetes.js';
import { type Advisor, type Hint, silent, type Subject } from './kit/advisor.js';
import { newUserOf } from './kit/effects.js';
import { commandTextOf, type Invocation, invocationsOf } from './kit/programs.js';

/** Looks for commands that only root can run, or only with what hardening takes away. */
export const rootCommand: Advisor = {
  id: 'rootCommand',
  summary: 'A command that installs packages, changes owners, adds users, starts cron, or calls sudo or su.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  look(subject) {
    const { container, known } = subject;
    const hints = [...called(subject), ...steppingUp(subject)];
    // What is known of a base image says that such commands fail; the line that avoids it is still worth saying.
    return known.cannot['runAsNonRoot'] === undefined && hasCommand(container)
      ? hints.slice(0, maxHints)
      : silent;
  },
};

/** A script with many such commands is one thing to mend. */
const maxHints = 2;

function hasCommand({ command, args, lifecycle }: Container): boolean {
  return command != null || args != null || lifecycle?.postStart?.exec != null;
}

interface Kind {
  readonly names: ReadonlySet<string>;
  readonly fails: (subject: Subject) => boolean;
  readonly isMeant?: (words: readonly string[]) => boolean;
  readonly why: string;
  readonly write: (subject: Subject) => string;
}

const becomesNonRoot = (subject: Subject) => newUserOf(subject) !== undefined;
const setOf = (names: string) => new Set(names.split(' '));

const kinds: readonly Kind[] = [
  {
    names: setOf('apk apt apt-get dnf dpkg microdnf rpm yum zypper'),
    fails: (subject) => becomesNonRoot(subject) || subject.change('readOnlyRootFilesystem') !== undefined,
    isMeant: (words) => words.some((word) => /^(?:add|install|update|upgrade|-i|-U|in)$/.test(word)),
    why: 'installs packages, for which it takes root and a root file system that can be written to',
    write: () => 'an image in which they are installed',
  },
  {
    names: setOf('chgrp chown'),
    fails: (subject) => becomesNonRoot(subject) || losesCapability(subject, 'CHOWN'),
    why: 'changes owners, which takes root with the capability CHOWN',
    write: (subject) =>
      becomesNonRoot(subject)
        ? `leave it out: securityContext.fsGroup gives a volume to the group`
        : 'securityContext.capabilities.add: [CHOWN], or securityContext.fsGroup of the pod in its place',
  },
  {
    names: setOf('addgroup adduser groupadd useradd usermod'),
    fails: becomesNonRoot,
    why: 'adds users, for which it takes root',
    write: () => 'an image that has the user, and podtemper.io/run-as-user: "<its user ID>"',
  },
  {
    names: setOf('anacron cron crond'),
    fails: becomesNonRoot,
    why: 'is a cron daemon, which takes root to change to the users of its jobs',
    write: () => 'a CronJob for each line of its table',
  },
  {
    names: setOf('update-ca-certificates update-ca-trust ldconfig'),
    fails: (subject) => becomesNonRoot(subject) || subject.change('readOnlyRootFilesystem') !== undefined,
    why: 'writes to /etc, for which it takes root and a root file system that can be written to',
    write: () => 'an image in which it was run, or the files mounted from a ConfigMap',
  },
];

/** Whether the container goes on as root, by its own word, and hardening drops what it needs. */
function losesCapability({ container, change, pod }: Subject, capability: string): boolean {
  const user = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  return (
    user === 0 &&
    change('capabilities') !== undefined &&
    !addsCapability(container.securityContext, capability)
  );
}

function called(subject: Subject): Hint[] {
  const invocations = invocationsOf(subject.container);
  return kinds.flatMap((kind): Hint[] => {
    const { names, fails, isMeant = () => true, why, write } = kind;
    const found = invocations.find(({ name, words }: Invocation) => names.has(name) && isMeant(words));
    if (found === undefined || !fails(subject)) return [];
    return [{ field: found.field, says: `${found.name} ${why}`, write: write(subject) }];
  });
}

/** Words that stand before the command which they run as somebody else. */
const before = /(?:^|[\s;&|(`])(sudo|su-exec|gosu|runuser|su)(?=\s+(?:-|[\w/$"']))/;

function steppingUp(subject: Subject): Hint[] {
  const { container, change } = subject;
  const found = before.exec(commandTextOf(container))?.[1];
  if (found === undefined) return [];
  const isSudo = found === 'sudo';
  if (isSudo ? change('allowPrivilegeEscalation') === undefined : !becomesNonRoot(subject)) return [];
  const field = container.command == null ? 'args' : 'command';
  return [
    {
      field,
      says: isSudo
        ? 'sudo fails: privilege escalation is off, so that no program gets more than it was started with'
        : `${found} changes to another user, for which it takes root`,
      write: 'the command without it, and podtemper.io/run-as-user: "<the user that it is to run as>"',
    },
  ];
}
