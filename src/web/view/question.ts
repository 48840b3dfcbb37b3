import type { NamespaceMode } from '../../policy/plan.js';
import type { PolicyDocument } from '../../policy/schema.js';

/** What holds where nobody chooses: what the webhook was started with, or on a copy of the page by itself the built-in
 *  policy, enforced. */
export interface PageSettings {
  /** The webhook's policies, defaults filled in. */
  readonly policies: readonly PolicyDocument[];
  /** Policy of a namespace that names none. */
  readonly defaultPolicy: string;
  /** Mode of a namespace that names none. */
  readonly mode: NamespaceMode;
}

/** What a person has put into the page: all that a link to it carries. */
export interface PageInput {
  readonly manifests: string;
  /** A policy by name; empty where the namespace is to say. */
  readonly policyName: string;
  /** A policy of one's own, as YAML, that counts instead; undefined where there is none. */
  readonly ownPolicy: string | undefined;
  /** Empty where the namespace is to say. */
  readonly mode: NamespaceMode | '';
  /** A guide to go through, by name; empty for none. */
  readonly guide: string;
}

/** What the page asks its engine. */
export interface PageQuestion extends PageInput {
  readonly settings: PageSettings;
  /** UTC date, YYYY-MM-DD. */
  readonly today: string;
}
