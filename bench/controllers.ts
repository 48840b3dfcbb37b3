import { createHash } from 'node:crypto';

interface Review {
  readonly request: {
    readonly object: {
      readonly metadata: {
        readonly ownerReferences: readonly { readonly name: string; readonly uid: string }[];
      };
    };
  };
}

/** Reviews like this one, of as many controllers: no two have names of owner, containers or images in common, so that
 *  hardly anything is of use that is remembered from one to the next. */
export function ofControllers(body: string, count: number): string[] {
  const { metadata } = (JSON.parse(body) as Review).request.object;
  const [owner] = metadata.ownerReferences;
  if (owner === undefined) throw new Error('expected the pod of a controller');
  return Array.from({ length: count }, (_, index) => {
    const hex = createHash('sha512').update(String(index)).digest('hex');
    const uid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    return body
      .replaceAll(owner.uid, uid)
      .replaceAll(owner.name, `${hex.slice(32, 42)}-${hex.slice(42, 52)}`)
      .replaceAll('"app-', `"app${hex.slice(60, 70)}-`)
      .replaceAll(String.raw`\"app-`, String.raw`\"app${hex.slice(60, 70)}-`)
      .replaceAll('/service-', `/service${hex.slice(70, 80)}-`);
  });
}
