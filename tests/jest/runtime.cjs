/**
 * Loads what is tested as node itself does: once for each worker, into the one realm of the process. jest's own runtime makes a new
 * realm for each file and compiles everything into it again, which took more than a quarter of the time. Test files share the state of the
 * modules they import, as one process does; `npm run coverage` still gives each file a realm and modules of its own.
 */
const { createRequire, register } = require('node:module');
const { pathToFileURL } = require('node:url');

/** jest-circus looks here; its events of one file must not reach the handlers of the one before. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');
const TEST_TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

register('./resolve-globals.mjs', pathToFileURL(__filename));
const { ModuleMocker } = createRequire(require.resolve('@jest/globals'))('jest-mock');
const mocker = new ModuleMocker(globalThis);
const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  setTimeout: (timeoutMs) => {
    globalThis[TEST_TIMEOUT] = timeoutMs;
  },
};

module.exports = class OneRealmRuntime {
  /** The framework itself. Its adapter keeps the tests of one file in variables of its module, so each file gets a new one. */
  requireInternalModule(path) {
    // Stacks are mapped from outside already: there is one realm.
    if (path.includes('source-map-support')) return { install: () => undefined };
    if (path.includes('jestAdapterInit')) {
      delete globalThis[EVENT_HANDLERS];
      delete require.cache[path];
    }
    return require(path);
  }

  setGlobalsForRuntime(globals) {
    delete globalThis[TEST_TIMEOUT];
    this.globals = { ...globals, jest };
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(path) {
    const { useGlobals } = await import('./globals.mjs');
    if (this.globals !== undefined) useGlobals(this.globals); // Files of the set-up come before there are any.
    return import(pathToFileURL(path).href);
  }

  requireModule(path) {
    return require(path);
  }

  teardown() {
    mocker.restoreAllMocks();
  }

  enterTestCode() {}
  leaveTestCode() {}
  getSourceMaps() {}
  getAllCoverageInfoCopy() {}
};
