/** The process as it is; what a test file changes of it that others would notice is put back. */
const { createContext } = require('node:vm');

/** jest clears up in it after each file; nothing runs there. */
const UNUSED = createContext({});
/** What node has outside of tests; jest raises it tenfold, which makes each error dear. */
const STACK_LINES = 10;

module.exports = class OneRealmEnvironment {
  constructor() {
    this.global = globalThis;
    this.moduleMocker = null;
    this.before = { exit: process.exit, console: globalThis.console, env: { ...process.env }, folder: process.cwd() };
  }

  async setup() {
    Error.stackTraceLimit = STACK_LINES;
  }

  async teardown() {
    const { exit, console, env, folder } = this.before;
    process.exit = exit;
    globalThis.console = console;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    process.chdir(folder);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return UNUSED;
  }
};
