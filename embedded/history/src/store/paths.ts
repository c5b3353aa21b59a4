/** Service paths: '' is the root, '/a/b' lies below '/a' and below the root. A copy of an entity has its number behind its path. */

/** Cannot be in a header, so no path has it. */
const COPY_MARK = '\u0001';

/** As QuantumLeap matches: by prefix, ignoring case. undefined or a root among them: everything. */
export function isBelow(path: string, prefixes: readonly string[] | undefined): boolean {
  if (prefixes === undefined || prefixes.includes('')) {
    return true;
  }
  const own = withoutCopy(path).toLowerCase();
  return prefixes.some((prefix) => own === prefix.toLowerCase() || own.startsWith(`${prefix.toLowerCase()}/`));
}

export function copyPath(path: string, copy: number): string {
  return `${path}${COPY_MARK}${copy}`;
}

function withoutCopy(path: string): string {
  const at = path.indexOf(COPY_MARK);
  return at < 0 ? path : path.slice(0, at);
}

/** '/', '/#' and nothing at all are the root; '/a/#' is '/a'. */
export function normalPath(path: string): string {
  return path
    .trim()
    .replace(/\/?#?$/, '')
    .replace(/\/+$/, '');
}
