/**
 * What test files import from `@jest/globals`. The framework has new functions for each file, but the modules that files share keep what they
 * once took (`const describeOurs = isPlayed ? describe.skip : describe`): so each name, and each function it carries, is one that leads to
 * those of the file that runs.
 */
let current = {};

export function useGlobals(globals) {
  current = globals;
}

function forward(path) {
  const target = () => path.reduce((holder, key) => holder[key], current);
  const known = new Map();
  return new Proxy(() => undefined, {
    apply: (_target, _this, values) => target()(...values),
    get: (_target, key) => {
      const value = target()[key];
      if (typeof value !== 'function') return value;
      if (!known.has(key)) known.set(key, forward([...path, key]));
      return known.get(key);
    },
  });
}

export const afterAll = forward(['afterAll']);
export const afterEach = forward(['afterEach']);
export const beforeAll = forward(['beforeAll']);
export const beforeEach = forward(['beforeEach']);
export const describe = forward(['describe']);
export const expect = forward(['expect']);
export const it = forward(['it']);
export const jest = forward(['jest']);
export const test = forward(['test']);
