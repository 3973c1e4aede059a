// Three projects, so that a person can run the fast one alone: `npm run jest -- --selectProjects unit`.
const base = {
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  testEnvironment: 'node',
  transform: { '^.+\\.tsx?$': ['@swc/jest'] },
  moduleNameMapper: {
    '^@jardam/protocol$': '<rootDir>/packages/protocol/src/index.ts',
    '^@jardam/protocol/(noble|sodium)$': '<rootDir>/packages/protocol/src/providers/$1.ts',
    '^@jardam/protocol/metadata$': '<rootDir>/packages/protocol/src/metadata/index.ts',
    '^@jardam/protocol/words$': '<rootDir>/packages/protocol/src/words.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/packages/protocol/dist/'],
};

const withDatabaseServer = {
  globalSetup: '<rootDir>/test/support/database-server.setup.mjs',
  globalTeardown: '<rootDir>/test/support/database-server.teardown.mjs',
};

export default {
  // Generous: a test waits for states, and a busy machine is no failure.
  testTimeout: 90_000,
  // By default jest keeps one core of two for itself, and the end-to-end stories mostly wait for clocks.
  maxWorkers: 2,
  // A test that failed before its cleaning up must not hang the run; the database server is ended by the teardown.
  forceExit: true,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{src,packages,web,config,locales,migrations}/**/*.spec.{ts,tsx}', '<rootDir>/test/unit/**/*.spec.ts'] },
    { ...base, ...withDatabaseServer, displayName: 'integration', testMatch: ['<rootDir>/test/{integration,security}/**/*.spec.ts'] },
    {
      ...base,
      ...withDatabaseServer,
      globalSetup: '<rootDir>/test/support/e2e.setup.mjs',
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'],
    },
  ],
};
