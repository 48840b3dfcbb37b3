import { type Advisor, type Hint, silent } from './kit/advisor.js';
import { guessedUserOf, hasFsGroup, writableMountsOf } from './kit/effects.js';

/** Looks for data that another user has written. */
export const volumeOwner: Advisor = {
  id: 'volumeOwner',
  summary:
    'A container that gets a user nobody vouches for, and writes to a claim, to NFS or to a directory of the node.',
  source:
    'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-volume-permission-and-ownership-change-policy-for-pods',
  look(subject) {
    const user = guessedUserOf(subject);
    if (user === undefined) return silent;
    const write = 'podtemper.io/run-as-user: "<the user that owns the data>"';
    return writableMountsOf(subject).flatMap(({ volume, index }): Hint[] => {
      const field = `volumeMounts[${index}]`;
      if (volume.persistentVolumeClaim != null) {
        if (volume.persistentVolumeClaim.readOnly === true) return [];
        const says = hasFsGroup(subject)
          ? `what the claim holds already belongs to another user than ${user}: its group may read and write it, but a program that insists on owning its files refuses`
          : `what the claim holds belongs to another user than ${user}, and no fsGroup lets it in`;
        return [
          {
            field,
            says,
            write: hasFsGroup(subject) ? write : `securityContext.fsGroup: ${user}, or ${write}`,
          },
        ];
      }
      const isNfs = volume.nfs != null && volume.nfs.readOnly !== true;
      const isDirectory =
        volume.hostPath != null && /^(?:|Directory|DirectoryOrCreate)$/.test(volume.hostPath.type ?? '');
      if (!isNfs && !isDirectory) return [];
      const kind = isNfs ? 'the NFS export' : `${volume.hostPath?.path} of the node`;
      return [
        {
          field,
          says: `no fsGroup reaches ${kind}: user ${user} may write only what is open to it there`,
          write,
        },
      ];
    });
  },
};
