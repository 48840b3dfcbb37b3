import base from './jest.config.js';

/** The fuzzer: `make fuzz`. */
export default {
  ...base,
  roots: ['<rootDir>/test/fuzz'],
  testMatch: ['**/fuzz.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
