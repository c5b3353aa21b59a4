/** The unit and contract suites run on what `tsc` built: the compiler checks the tests too, and jest transforms nothing. */
export default {
  rootDir: 'dist',
  testMatch: ['<rootDir>/{unit,contract}/**/*.test.js'],
  runtime: '<rootDir>/../jest/runtime.cjs',
  testEnvironment: '<rootDir>/../jest/environment.cjs',
  setupFiles: ['<rootDir>/support/few-runs.js'],
  transform: {},
  injectGlobals: false,
  // A hang is caught all the same; a busy machine is no failure.
  testTimeout: process.env.CONTOR_LONG === '1' ? 600_000 : 30_000,
  // Half of the suites wait for real sockets and disks: as many workers as there are cores.
  maxWorkers: '100%',
  coverageProvider: 'v8',
  coverageDirectory: '<rootDir>/../../coverage',
};
