/** Sends `@jest/globals`, which by itself only throws, to our own. */
const OURS = new URL('./globals.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  return specifier === '@jest/globals' ? { url: OURS, shortCircuit: true } : next(specifier, context);
}
