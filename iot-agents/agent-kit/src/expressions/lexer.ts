/** The words of a JEXL expression (npm jexl 2.3.0, README and grammar). */

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string };

/** A mistake in an expression, as whoever wrote it should read it. */
export class ExpressionMistake extends Error {
  override readonly name = 'ExpressionMistake';
}

const SPACE = /\s+/y;
const NUMBER = /\d+(?:\.\d+)?|\.\d+/y;
const TEXT = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/sy;
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
/** Longer ones first. */
const SIGN = /\/\/|==|!=|>=|<=|&&|\|\||[.[\]|{}:,()?+\-*/%^<>!]/y;

export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (shape: RegExp): string | undefined => {
    shape.lastIndex = at;
    const [found] = shape.exec(source) ?? [];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < source.length) {
    if (take(SPACE) !== undefined) continue;
    const number = take(NUMBER);
    const text = number === undefined ? take(TEXT) : undefined;
    const name = number === undefined && text === undefined ? take(NAME) : undefined;
    const sign = number === undefined && text === undefined && name === undefined ? take(SIGN) : undefined;
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) });
    else if (text !== undefined) tokens.push({ kind: 'text', value: unquoted(text) });
    else if (name !== undefined) tokens.push({ kind: 'name', value: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign });
    else throw new ExpressionMistake(`"${source.slice(at, at + 10)}" cannot be read`);
  }
  return tokens;
}

/** Only the quote and the backslash are escaped; any other backslash is itself. */
function unquoted(text: string): string {
  const quote = text.charAt(0);
  return text.slice(1, -1).replaceAll(`\\${quote}`, quote).replaceAll('\\\\', '\\');
}
