import base from './jest.config.js';

/** Tests on a real kube-apiserver: `make e2e`. One server serves all files, so they run one after another. */
export default {
  ...base,
  roots: ['<rootDir>/test/cluster'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  globalSetup: '<rootDir>/test/cluster/globalSetup.cjs',
  globalTeardown: '<rootDir>/test/cluster/globalTeardown.cjs',
  testTimeout: 120_000,
  // What a failed test left open must not keep the next step waiting for ever.
  forceExit: true,
};
