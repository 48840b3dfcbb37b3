import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1ConfigMap, V1PodSpec, V1Secret, V1Volume } from '@kubernetes/client-node';
import { mountSecret } from '../certificates/secretFolder.js';
import { type Cluster } from './cluster.js';

/** Puts the files of the Secrets and ConfigMaps that the first container mounts below the directory, as the kubelet
 *  would; gives the folder for each path in the container. Called again, it brings what has changed.
 *  @throws Error for a volume of another kind */
export async function mountVolumes(
  cluster: Cluster,
  namespace: string,
  { containers, volumes = [] }: V1PodSpec,
  directory: string,
): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const { name, mountPath } of containers[0]?.volumeMounts ?? []) {
    const folder = join(directory, name);
    await mkdir(folder, { recursive: true });
    mountSecret(
      folder,
      await filesOf(
        cluster,
        namespace,
        volumes.find((volume) => volume.name === name),
      ),
    );
    folders.set(mountPath, folder);
  }
  return folders;
}

async function filesOf(
  cluster: Cluster,
  namespace: string,
  volume: V1Volume | undefined,
): Promise<Record<string, string>> {
  const path = `/api/v1/namespaces/${namespace}`;
  const secret = volume?.secret?.secretName;
  if (secret !== undefined) {
    const { data = {} } = await cluster.requestOk<V1Secret>('GET', `${path}/secrets/${secret}`);
    const decode = (text: string) => Buffer.from(text, 'base64').toString();
    return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, decode(text)]));
  }
  const configMap = volume?.configMap?.name;
  if (configMap === undefined) {
    throw new Error(`volume ${volume?.name}: expected a Secret or ConfigMap, found another`);
  }
  return (await cluster.requestOk<V1ConfigMap>('GET', `${path}/configmaps/${configMap}`)).data ?? {};
}
