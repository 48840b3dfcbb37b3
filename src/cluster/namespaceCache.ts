import { isDeepStrictEqual } from 'node:util';
import type { NamespaceFacts } from '../kubernetes.js';
import type { Kept, LimitRange, NamespaceKeys, ResourceQuota } from './namespaceObjects.js';

/** What is kept of all objects of one resource, by namespace. Tells of a namespace only where something that is kept
 *  has changed: not when a quota's status moves, nor when a new list brings what was known. */
export class KeptObjects<Value> {
  readonly #onChange: (namespace: string) => void;
  #byNamespace = new Map<string, readonly Kept<Value>[]>();

  constructor(onChange: (namespace: string) => void) {
    this.#onChange = onChange;
  }

  /** Those of a namespace, by name. */
  in(namespace: string): readonly Value[] {
    return this.#byNamespace.get(namespace)?.map(({ value }) => value) ?? [];
  }

  /** Those of all namespaces. */
  *all(): Generator<Value> {
    for (const objects of this.#byNamespace.values()) for (const { value } of objects) yield value;
  }

  /** The object that is known already where it says the same: a new list then leaves nothing behind to be collected
   *  but what is young. */
  knownFor(object: Kept<Value>): Kept<Value> {
    const known = this.#byNamespace.get(object.namespace)?.find(({ name }) => name === object.name);
    return known !== undefined && isDeepStrictEqual(known, object) ? known : object;
  }

  replace(objects: readonly Kept<Value>[]): void {
    const groups = new Map<string, Kept<Value>[]>();
    for (const object of objects.map((one) => this.knownFor(one))) {
      const group = groups.get(object.namespace);
      if (group === undefined) groups.set(object.namespace, [object]);
      else group.push(object);
    }
    for (const namespace of this.#byNamespace.keys()) if (!groups.has(namespace)) this.#set(namespace, []);
    for (const [namespace, group] of groups) this.#set(namespace, group);
  }

  upsert(object: Kept<Value>): void {
    this.#set(object.namespace, [...this.#without(object), this.knownFor(object)]);
  }

  remove(object: Kept<Value>): void {
    this.#set(object.namespace, this.#without(object));
  }

  #without({ namespace, name }: Kept<Value>): readonly Kept<Value>[] {
    return this.#byNamespace.get(namespace)?.filter((other) => other.name !== name) ?? [];
  }

  #set(namespace: string, objects: readonly Kept<Value>[]): void {
    const sorted = objects.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const known = this.#byNamespace.get(namespace) ?? [];
    if (sorted.length === known.length && sorted.every((object, index) => object === known[index])) return;
    if (sorted.length === 0) this.#byNamespace.delete(namespace);
    else this.#byNamespace.set(namespace, sorted);
    this.#onChange(namespace);
  }
}

/** The facts of all namespaces, put together on demand: the same object again until something in it changes. */
export class NamespaceCache {
  readonly namespaces: KeptObjects<NamespaceKeys>;
  readonly limitRanges: KeptObjects<LimitRange>;
  readonly resourceQuotas: KeptObjects<ResourceQuota>;
  readonly #facts = new Map<string, NamespaceFacts>();

  /** @param onChange told the name of each namespace of which something has changed */
  constructor(onChange: (namespace: string) => void) {
    const forget = (namespace: string) => {
      this.#facts.delete(namespace);
      onChange(namespace);
    };
    this.namespaces = new KeptObjects(forget);
    this.limitRanges = new KeptObjects(forget);
    this.resourceQuotas = new KeptObjects(forget);
  }

  get(name: string): NamespaceFacts | undefined {
    const known = this.#facts.get(name);
    if (known !== undefined) return known;
    const [keys] = this.namespaces.in(name);
    if (keys === undefined) return undefined;
    const facts = {
      name,
      ...keys,
      limitRanges: this.limitRanges.in(name),
      resourceQuotas: this.resourceQuotas.in(name),
    };
    this.#facts.set(name, facts);
    return facts;
  }
}
