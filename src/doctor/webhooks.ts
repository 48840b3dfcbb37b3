import type { Installation, Webhook, WebhookConfiguration } from './installation.js';

/** A webhook and the configuration that it stands in. */
export interface PlacedWebhook {
  readonly webhook: Webhook;
  /** What both are called in a finding. */
  readonly where: string;
  /** For `kubectl edit`. */
  readonly object: string;
}

type Registered = Pick<Installation, 'configurations'>;

/** Each webhook of an installation. */
export function webhooksOf({ configurations }: Registered): PlacedWebhook[] {
  return configurations.flatMap((configuration) => placed(configuration));
}

/** Those of the mutating configuration. */
export function mutatingWebhooksOf({ configurations }: Registered): PlacedWebhook[] {
  return configurations.filter(isMutating).flatMap((configuration) => placed(configuration));
}

/** Whether it is a MutatingWebhookConfiguration. */
export function isMutating({ kind }: WebhookConfiguration): boolean {
  return kind === 'MutatingWebhookConfiguration';
}

function placed({ kind, metadata, webhooks = [] }: WebhookConfiguration): PlacedWebhook[] {
  const name = metadata?.name ?? '';
  const object = `${kind.toLowerCase()}/${name}`;
  return webhooks.map((webhook) => ({ webhook, object, where: `${kind} ${name}, webhook ${webhook.name}` }));
}

/** Whether pods are refused while the webhook is away. */
export function failsClosed({ failurePolicy = 'Fail' }: Webhook): boolean {
  return failurePolicy === 'Fail';
}

/** A caBundle as PEM. */
export function bundleOf({ clientConfig }: Webhook): string {
  return Buffer.from(clientConfig.caBundle ?? '', 'base64').toString();
}
