import type { KnownImage } from '../controls/kit/context.js';
import type { Advice } from '../advice/kit/advisor.js';
import { adviseBy } from '../advice/kit/advise.js';
import { advisors } from '../advice/index.js';
import { type Checklist, checklistOf } from '../guides/checklist.js';
import type { NetworkPolicy } from '../guides/networkPolicy.js';
import { asMade, type Expected, harden } from '../hardening/harden.js';
import type { Report } from '../hardening/report.js';
import { type Standing, standingOf } from '../hardening/standing.js';
import {
  containerLists,
  labelKeys,
  type Metadata,
  type NamespaceFacts,
  type Pod,
  unknownNamespace,
} from '../kubernetes.js';
import { type Plan, planNamespace, planPod } from '../policy/plan.js';
import type { Policy } from '../policy/policy.js';
import { systemNamespaces, withoutRefusals } from '../policy/validation.js';
import { defaultNamespace, joinFacts } from './namespaces.js';
import { withoutNullMembers } from './paths.js';
import type { PreviewOptions } from './preview.js';

interface PlannedNamespace {
  readonly facts: NamespaceFacts;
  /** Whether it has the label itself: a mode that was chosen for the preview is written over it. */
  readonly isOptedIn: boolean;
  readonly plan: Plan & { source: Policy };
}

/** All that there is to say of a pod. */
interface HardenedPod {
  readonly report: Report;
  readonly standing: Standing;
  readonly knownImages: KnownImages;
  readonly advice: readonly Advice[];
  readonly checklist: Checklist | undefined;
  readonly assumedNamespace: string | undefined;
  readonly systemNamespace: string | undefined;
}

/** Hardens pods by the plans of their namespaces, as the webhook does. */
export class NamespacePlans {
  readonly #options: PreviewOptions;
  readonly #found: ReadonlyMap<string, NamespaceFacts>;
  readonly #networkPolicies: ReadonlyMap<string, readonly NetworkPolicy[]>;
  readonly #planned = new Map<string, PlannedNamespace>();

  /** `found` and `networkPolicies` are what the manifests themselves say of namespaces. */
  constructor(
    options: PreviewOptions,
    found: ReadonlyMap<string, NamespaceFacts>,
    networkPolicies: ReadonlyMap<string, readonly NetworkPolicy[]>,
  ) {
    [this.#options, this.#found, this.#networkPolicies] = [options, found, networkPolicies];
  }

  /** All that there is to say of a pod that will have what is `expected` too; `assumedNamespace` is the name of its
   *  namespace where nothing says which mode that has, `systemNamespace` where it is one of the cluster itself. */
  harden(pod: Pod, namespace: string, expected: Expected): HardenedPod {
    const name = namespace || (this.#options.namespace ?? defaultNamespace);
    const planned = this.#planned.get(name) ?? this.#plan(name);
    this.#planned.set(name, planned);
    const { facts, isOptedIn, plan } = planned;
    const podPlan = planPod(plan, withoutNulls(pod.metadata), facts, this.#options.today);
    const report = harden(pod, podPlan, facts, expected);
    return {
      report,
      standing: standingOf(pod, report, facts.labels),
      knownImages: report.exemption === undefined ? knownImagesOf(pod, podPlan) : new Map(),
      advice: adviseBy(advisors, report, {
        pod: asMade(pod, expected),
        namespace: facts,
        known: podPlan.known,
      }),
      checklist: this.#checklist(pod, report, facts),
      assumedNamespace: isOptedIn ? undefined : name,
      systemNamespace: systemNamespaces.has(name) ? name : undefined,
    };
  }

  #checklist(pod: Pod, report: Report, facts: NamespaceFacts): Checklist | undefined {
    const { guide } = this.#options;
    if (guide === undefined) return undefined;
    const networkPolicies = this.#networkPolicies.get(facts.name) ?? [];
    return checklistOf(guide, pod, report, { namespace: facts, networkPolicies });
  }

  #plan(name: string): PlannedNamespace {
    const { policies, defaultPolicy, mode, facts: factsOf, chosen } = this.#options;
    const known = factsOf(name) ?? unknownNamespace(name);
    const found = this.#found.get(name);
    const joined = found === undefined ? known : joinFacts(known, found);
    const labels = {
      ...joined.labels,
      ...(chosen?.mode !== undefined && { [labelKeys.mode]: chosen.mode }),
      ...(chosen?.policy !== undefined && { [labelKeys.policy]: chosen.policy }),
    };
    const facts = { ...joined, labels };
    const plan = planNamespace({ policies, facts, unlabelledMode: mode, defaultPolicy });
    return {
      facts,
      isOptedIn: joined.labels[labelKeys.mode] !== undefined,
      plan: systemNamespaces.has(name) ? withoutRefusals(plan) : plan,
    };
  }
}

/** What the shipped catalogue knows of the images of a pod, by list and name of the container: `containers/app`. */
export type KnownImages = ReadonlyMap<string, KnownImage>;

function knownImagesOf({ spec }: Pod, { known }: Plan): KnownImages {
  const found = new Map<string, KnownImage>();
  for (const list of containerLists) {
    for (const container of spec[list] ?? []) {
      const { image } = known(container);
      if (image !== undefined) found.set(`${list}/${container.name}`, image);
    }
  }
  return found;
}

/** An annotation without a value is null in YAML, and an empty text to the API server: either says nothing. */
function withoutNulls(metadata: Metadata | undefined): Metadata | undefined {
  if (metadata?.annotations == null) return metadata;
  return { ...metadata, annotations: withoutNullMembers(metadata.annotations) };
}
