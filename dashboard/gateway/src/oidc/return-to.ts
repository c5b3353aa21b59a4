/** Where a sign-in may end: a page of ours. Everything else would make the gateway a signpost for phishing (T20). */

const LONGEST = 1024;
/** Never pages: coming back to them would sign in again or show raw data. */
const NO_PAGES = /^\/(auth|api|notify)(\/|$)/i;

export function safeReturnTo(wish: string | null, publicUrl: URL): string {
  if (wish === null || wish.length > LONGEST || !/^\/(?![/\\])/.test(wish)) return '/';
  const target = URL.canParse(wish, publicUrl.href) ? new URL(wish, publicUrl) : undefined;
  if (target === undefined || target.origin !== publicUrl.origin || NO_PAGES.test(target.pathname)) return '/';
  return target.pathname + target.search + target.hash;
}
