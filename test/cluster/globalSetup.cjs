/** Starts the control plane that all test files share, unless PODTEMPER_CLUSTER names one that runs already.
 *  JavaScript, because Jest turns a TypeScript setup file into CommonJS, which cannot import our modules. */
module.exports = async function globalSetup() {
  const { tsImport } = await import('tsx/esm/api');
  const { startShared } = await tsImport('./sharedControlPlane.ts', __filename);
  // Jest hands nothing from setup to teardown, but they run in one process.
  globalThis.stopSharedControlPlane = await startShared();
};
