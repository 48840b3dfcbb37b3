import base from './jest.config.js';

/** Tests on a real kube-apiserver: `make e2e`. One server serves all files, so they run one after another. */
export default {
  ...base,
  roots: ['<rootDir>/test/cluster'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  globalSetup: '<rootDir>/test/cluster/globalSetup.mjs',
  globalTeardown: '<rootDir>/test/cluster/globalTeardown.mjs',
  testTimeout: 120_000,
};
