/** The unit and contract suites run on what `tsc` built: the compiler checks the tests too, and jest transforms nothing. */
export default {
  rootDir: 'dist',
  testMatch: ['<rootDir>/{unit,contract}/**/*.test.js'],
  testEnvironment: 'node',
  transform: {},
  injectGlobals: false,
  coverageProvider: 'v8',
  coverageDirectory: '<rootDir>/../../coverage',
};
