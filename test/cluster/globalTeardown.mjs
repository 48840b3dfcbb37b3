/** Stops what globalSetup.mjs has started. */
export default async function globalTeardown() {
  await globalThis.stopSharedControlPlane?.();
}
