/** Stops what globalSetup.cjs has started. */
module.exports = async function globalTeardown() {
  await globalThis.stopSharedControlPlane?.();
};
