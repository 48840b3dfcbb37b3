import type { Bound, ControlMode } from '../controls/kit/define.js';
import { controls } from '../controls/index.js';
import { ImageCatalogue } from './images.js';
import { type PolicyDocument, policySchema } from './schema.js';

/** A control as a policy sets it. */
export interface PolicyControl {
  readonly id: string;
  readonly os: 'linux' | 'any';
  readonly mode: ControlMode;
  readonly bound: Bound;
}

/** A policy document, ready to be used. */
export interface Policy {
  readonly name: string;
  readonly document: PolicyDocument;
  readonly controls: readonly PolicyControl[];
  readonly images: ImageCatalogue;
}

/** Policies by name; `default` is always among them. */
export type PolicySet = ReadonlyMap<string, Policy>;

/** A policy from its document. */
export function compilePolicy(document: PolicyDocument): Policy {
  return {
    name: document.metadata.name,
    document,
    controls: controls.map((control) => {
      const { mode, ...options } = settingsOf(document, control.id);
      return { id: control.id, os: control.os, mode, bound: control.bind(options) };
    }),
    images: new ImageCatalogue(document),
  };
}

/** A control's part of a policy document: the mode and its options. */
export function settingsOf(
  document: PolicyDocument,
  id: string,
): { mode: ControlMode } & Record<string, unknown> {
  const settings = document.spec.controls[id];
  if (settings === undefined) throw new RangeError(`the policy schema has no control ${id}`);
  return settings as { mode: ControlMode };
}

/** The document that holds when nothing is configured. */
export function builtInDocument(): PolicyDocument {
  return policySchema.parse({
    apiVersion: 'podtemper.io/v1alpha1',
    kind: 'HardeningPolicy',
    metadata: { name: 'default' },
  });
}

/** The given documents, and the built-in `default` where none of them has that name. */
export function compilePolicies(documents: readonly PolicyDocument[]): PolicySet {
  const policies = new Map(documents.map((document) => [document.metadata.name, compilePolicy(document)]));
  if (!policies.has('default')) policies.set('default', compilePolicy(builtInDocument()));
  return policies;
}
