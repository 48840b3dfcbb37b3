import { tsImport } from 'tsx/esm/api';

/** Starts the control plane that all test files share, unless PODTEMPER_CLUSTER names one that runs already.
 *  JavaScript, because Jest turns a TypeScript setup file into CommonJS, which cannot import our modules. */
export default async function globalSetup() {
  const { startShared } = await tsImport('./sharedControlPlane.ts', import.meta.url);
  // Jest hands nothing from setup to teardown, but they run in one process.
  globalThis.stopSharedControlPlane = await startShared();
}
