/** Bytes of a request → JSON; the sender's mistakes are an answer. */

const decoder = new TextDecoder('utf-8', { fatal: true });

/** undefined: nothing there, or not JSON in UTF-8. */
export function parseBody(body: Uint8Array | undefined): { readonly json: unknown } | undefined {
  if (body === undefined || body.length === 0) {
    return undefined;
  }
  try {
    return { json: JSON.parse(decoder.decode(body)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return undefined; // The sender's fault, answered with 400.
    }
    throw error;
  }
}
