import base from './jest.config.js';

/** The page in a real Chromium: `make browser`, and part of `make e2e`. */
export default {
  ...base,
  roots: ['<rootDir>/test/browser'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
