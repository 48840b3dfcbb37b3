import type { Container, Volume } from '../kubernetes.js';
import { type Advisor, type Hint, silent } from './kit/advisor.js';
import { hasFsGroup, newUserOf } from './kit/effects.js';
import { imageNameOf, invocationsOf } from './kit/programs.js';

/** Looks for files with a mode that keeps the container's new user out, or keeps a program from using them. */
export const secretMode: Advisor = {
  id: 'secretMode',
  summary:
    'Files of a Secret, ConfigMap or projected volume with a mode that shuts out the user which the container gets.',
  source: 'https://kubernetes.io/docs/concepts/configuration/secret/#secret-files-permissions',
  look(subject) {
    const { container, pod } = subject;
    const user = newUserOf(subject);
    if (user === undefined) return silent;
    const volumes = new Map(pod.spec.volumes?.map((volume) => [volume.name, volume]));
    return (container.volumeMounts ?? []).flatMap((mount, index): Hint[] => {
      const mode = tightestMode(volumes.get(mount.name));
      if (mode === undefined) return [];
      const field = `volumeMounts[${index}]`;
      const spelt = `0${mode.toString(8)}`;
      if (!hasFsGroup(subject)) {
        const says = `its files have mode ${spelt} and belong to root: user ${user} cannot read them`;
        return [{ field, says, write: `securityContext.fsGroup: ${user} in the pod, or a mode of 0444` }];
      }
      const program = insistsOnMode(container, mount);
      if (program === undefined) return [];
      const says = `with an fsGroup the files have mode 0${(mode | 0o040).toString(8)}, and ${program} refuses what its group can read`;
      return [{ field, says, write: `a copy with mode 0600, made by an init container in an emptyDir` }];
    });
  },
};

interface Files {
  readonly defaultMode?: number | null;
  readonly items?: readonly { readonly mode?: number | null }[] | null;
}

/** The lowest mode with which nobody but owner and group may read. */
function tightestMode(volume: Volume | undefined): number | undefined {
  if (volume === undefined) return undefined;
  const { secret, configMap, downwardAPI, projected } = volume;
  const parts: (Files | null | undefined)[] = [secret, configMap, downwardAPI];
  for (const source of projected?.sources ?? [])
    parts.push(source.secret, source.configMap, source.downwardAPI);
  const items = parts.flatMap((files) => files?.items ?? []);
  const modes = [
    projected?.defaultMode,
    ...parts.map((files) => files?.defaultMode),
    ...items.map(({ mode }) => mode),
  ];
  const tight = modes.filter((mode) => mode != null && (mode & 0o004) === 0);
  return tight.length === 0 ? undefined : Math.min(...tight.map(Number));
}

type Mount = NonNullable<Container['volumeMounts']>[number];

/** The program that looks at the mode of such a file, and wants nobody but its owner to read it. */
function insistsOnMode(container: Container, { mountPath, subPath }: Mount): string | undefined {
  const path = `${mountPath}/${subPath ?? ''}`;
  if (/\.pgpass/.test(path)) return 'libpq (.pgpass)';
  if (/\.erlang\.cookie/.test(path)) return 'Erlang (.erlang.cookie)';
  const keyFile = invocationsOf(container).some(({ words }) =>
    words.some((word) => word.startsWith('--keyFile')),
  );
  const isMongo = /^(?:mongo|mongodb|percona-server-mongodb)$/.test(imageNameOf(container));
  const isTold = container.args?.some((word) => word.startsWith('--keyFile')) === true;
  return keyFile || (isMongo && isTold) ? 'MongoDB (keyFile)' : undefined;
}
