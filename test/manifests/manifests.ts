import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1Deployment,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1PodDisruptionBudget,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import { parse, parseAllDocuments } from 'yaml';

/** Text of a file, by its path from the project's root. */
export function readProjectFile(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
}

/** A YAML file as Helm reads it. */
export function readYaml(path: string): unknown {
  return parse(readProjectFile(path), { version: '1.1' });
}

interface Kinds {
  ClusterRole: V1ClusterRole;
  ClusterRoleBinding: V1ClusterRoleBinding;
  Deployment: V1Deployment;
  MutatingWebhookConfiguration: V1MutatingWebhookConfiguration;
  Namespace: V1Namespace;
  PodDisruptionBudget: V1PodDisruptionBudget;
  Role: V1Role;
  RoleBinding: V1RoleBinding;
  Secret: V1Secret;
  Service: V1Service;
  ServiceAccount: V1ServiceAccount;
  ValidatingWebhookConfiguration: V1ValidatingWebhookConfiguration;
}

interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** The objects of a manifest file. */
export class Manifest {
  readonly objects: readonly KubernetesObject[];

  constructor(path: string) {
    const documents = parseAllDocuments(readProjectFile(path), { version: '1.1' });
    this.objects = documents.map((document) => {
      if (document.errors[0] !== undefined) throw document.errors[0];
      return document.toJS() as KubernetesObject;
    });
  }

  /** The object of that name and kind; ours are called `podtemper`, mostly.
   *  @throws Error where there is none, or more than one */
  the<Kind extends keyof Kinds>(kind: Kind, name = 'podtemper'): Kinds[Kind] {
    const found = this.objects.filter((object) => object.kind === kind && object.metadata.name === name);
    if (found.length !== 1) throw new Error(`${kind} ${name}: expected one, found ${found.length}`);
    return found[0] as unknown as Kinds[Kind];
  }
}
