import * as z from 'zod';
import { defineAdvisoryControl } from './kit/advisory.js';
import { type HostMount, hostVolumesOf, targetsOf } from './kit/hostMounts.js';
import { isWithin, normalizePath } from './kit/paths.js';
import { hostDirectory } from './kit/schemas.js';

/** Finds mounts of the socket through which a node's container runtime takes orders. */
export const runtimeSocket = defineAdvisoryControl({
  id: 'runtimeSocket',
  level: 'baseline',
  os: 'linux',
  defaultMode: 'warn',
  docs: {
    summary:
      'Finds hostPath volumes of the socket of Docker, containerd, CRI-O, dockershim, cri-dockerd or Podman, or of a ' +
      'directory that it lies in, such as /run or /.',
    why: 'Through the socket anybody starts a privileged container on the node; a read-only mount changes nothing of it.',
    mayBreak:
      'Builds with Docker (kaniko and rootless BuildKit need no socket), and agents that ask the runtime about containers.',
    remedy: 'volumes: [] (build with kaniko or BuildKit; read of containers from the kubelet)',
    source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  },
  flags: {
    socket: {
      severity: 'high',
      means:
        'whoever reaches the socket of the container runtime is root on the node, be it mounted read-only',
    },
    socketFolder: {
      severity: 'high',
      means:
        'the directory holds the socket of the container runtime, and whoever reaches that is root on the node, be it ' +
        'mounted read-only',
    },
  },
  options: z.strictObject({
    moreSockets: z.array(hostDirectory).default([]).describe('Paths of further sockets on the node'),
  }),
  findInPod({ spec }, flags, { moreSockets }) {
    for (const { field, found, path, mounts } of hostVolumesOf(spec)) {
      const reached: readonly HostMount[] =
        mounts.length === 0 ? [{ target: '', path, readOnly: false }] : mounts;
      const isMeant = (mount: HostMount) => isSocket(mount.path, moreSockets);
      const direct = reached.filter(isMeant);
      const all = direct.concat(
        reached.filter((mount) => !isMeant(mount) && socketBelow(mount.path, moreSockets) !== undefined),
      );
      const [first] = all;
      if (first === undefined) continue;
      const below = direct.length > 0 ? undefined : socketBelow(first.path, moreSockets);
      flags.add(() => ({
        code: direct.length > 0 ? 'socket' : 'socketFolder',
        field,
        found,
        targets: mounts.length === 0 ? [] : targetsOf(all),
        ...(below !== undefined && { detail: `such as ${below}` }),
        write: 'leave the volume out: images are built without it by kaniko or BuildKit',
      }));
    }
  },
});

/** Where runtimes listen. */
const sockets = [
  '/var/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/var/run/dockershim.sock',
  '/var/run/cri-dockerd.sock',
  '/run/podman/podman.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
];

/** What such a socket is called wherever it lies: in a user's home, or below another prefix. */
const socketNames = new Set([
  'docker.sock',
  'containerd.sock',
  'containerd.sock.ttrpc',
  'crio.sock',
  'dockershim.sock',
  'cri-dockerd.sock',
  'podman.sock',
]);

function isSocket(path: string, more: readonly string[]): boolean {
  return (
    socketNames.has(path.slice(path.lastIndexOf('/') + 1)) ||
    more.some((socket) => normalizePath(socket) === path)
  );
}

function socketBelow(path: string, more: readonly string[]): string | undefined {
  return [...sockets, ...more.map((socket) => normalizePath(socket))].find((socket) =>
    isWithin(socket, path),
  );
}
