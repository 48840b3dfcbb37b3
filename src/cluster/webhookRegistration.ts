import { isObject, type JsonObject, objectAt, textAt } from './apiObjects.js';
import type { ClusterConnection } from './connection.js';
import { StatusError } from './exchange.js';

const requestTimeoutMilliseconds = 5000;

/** Where webhooks are registered, as the API has it. */
export const webhookPaths = [
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
] as const;

/** The MutatingWebhookConfiguration and the ValidatingWebhookConfiguration of one name, of which one may be missing. */
export interface WebhookRegistration {
  /** Has each of their webhooks trust this bundle and no other, if `correct`. Gives what each is then told to trust.
   *  @throws StatusError where both are missing, or cannot be read or written */
  check(caBundle: string, options: { readonly correct: boolean }): Promise<readonly string[]>;
}

/** The registration of that name. */
export function webhookRegistration(
  connection: Pick<ClusterConnection, 'get' | 'write'>,
  name: string,
  onCorrected: (kind: string) => void,
): WebhookRegistration {
  const options = { timeoutMilliseconds: requestTimeoutMilliseconds };

  async function read(path: string): Promise<JsonObject | undefined> {
    try {
      const object = await connection.get(`${path}/${name}`, options);
      return isObject(object) ? object : undefined;
    } catch (error) {
      if (error instanceof StatusError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Gives the object as it then is: as it was where somebody has changed it in between, of which we are told. */
  async function correct(path: string, object: JsonObject, caBundle: string): Promise<JsonObject> {
    const corrected = withBundle(object, caBundle);
    try {
      await connection.write(`${path}/${name}`, { method: 'PUT', object: corrected }, options);
      onCorrected(textAt(object, 'kind'));
      return corrected;
    } catch (error) {
      if (error instanceof StatusError && error.status === 409) return object;
      throw error;
    }
  }

  return {
    async check(caBundle, { correct: mayCorrect }) {
      const bundles: string[] = [];
      let found = 0;
      for (const path of webhookPaths) {
        let object = await read(path);
        if (object === undefined) continue;
        found += 1;
        const isRight = bundlesOf(object).every((bundle) => bundle === caBundle);
        if (mayCorrect && !isRight) object = await correct(path, object, caBundle);
        bundles.push(...bundlesOf(object));
      }
      if (found > 0) return bundles;
      throw new StatusError(`webhook configurations ${name}`, 404, 'there is none of either kind');
    },
  };
}

/** What each webhook of a configuration trusts, as PEM. */
function bundlesOf(object: JsonObject): string[] {
  const encoded = webhooksOf(object).map((webhook) => textAt(objectAt(webhook, 'clientConfig'), 'caBundle'));
  return encoded.map((bundle) => Buffer.from(bundle, 'base64').toString());
}

function withBundle(object: JsonObject, bundle: string): JsonObject {
  const caBundle = Buffer.from(bundle).toString('base64');
  const webhooks = webhooksOf(object).map((webhook) =>
    Object.assign({}, webhook, { clientConfig: { ...objectAt(webhook, 'clientConfig'), caBundle } }),
  );
  return { ...object, webhooks };
}

function webhooksOf({ webhooks }: JsonObject): readonly unknown[] {
  return Array.isArray(webhooks) ? webhooks : [];
}
