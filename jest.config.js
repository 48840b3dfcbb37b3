/** Everything that needs only Node and npm, and no more than seconds. Tests that need a real API server:
 *  jest.cluster.config.js; a browser: jest.browser.config.js; the fuzzer: jest.fuzz.config.js. */
export default {
  testEnvironment: 'node',
  // Half of them is the default, which on two cores is one.
  maxWorkers: '100%',
  // For what hangs: a machine that is busy with something else is no failure.
  testTimeout: 60_000,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/cluster/',
    '<rootDir>/test/browser/',
    '<rootDir>/test/fuzz/fuzz\\.test\\.ts$',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};
