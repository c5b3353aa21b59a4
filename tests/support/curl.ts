/** A curl line as a request, so that the lines of a page can be run without a shell. */

export interface CurlLine {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What the pages use of curl: `-X`, `-H`, `-d`, `-u`, `-s`, `-i` and one URL. Anything else is a mistake in the page. */
export function parseCurl(line: string, variables: Readonly<Record<string, string>>): CurlLine {
  const [program, ...words] = shellWords(line, variables);
  if (program !== 'curl') throw new Error(`not a curl line: ${line}`);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let url: string | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-s' || word === '-i') continue;
    if (!word.startsWith('-')) {
      if (url !== undefined) throw new Error(`two URLs: ${line}`);
      url = word;
      continue;
    }
    at += 1;
    const value = words[at];
    if (value === undefined) throw new Error(`${word} needs a value: ${line}`);
    if (word === '-X') method = value;
    else if (word === '-d') body = value;
    else if (word === '-u') headers.Authorization = `Basic ${Buffer.from(value).toString('base64')}`;
    else if (word === '-H') {
      const colon = value.indexOf(':');
      headers[value.slice(0, colon)] = value.slice(colon + 1).trim();
    } else throw new Error(`the page uses ${word}, which this reader does not know: ${line}`);
  }
  if (url === undefined) throw new Error(`no URL: ${line}`);
  return { method: method ?? (body === undefined ? 'GET' : 'POST'), url, headers, body };
}

/** Words as a POSIX shell splits them: single quotes are literal, `$name` is replaced elsewhere. */
function shellWords(line: string, variables: Readonly<Record<string, string>>): string[] {
  const words: string[] = [];
  for (const [whole] of line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    words.push(
      whole.replace(/'([^']*)'|"([^"]*)"|\$(\w+)/g, (_all, single?: string, double?: string, name?: string) => {
        if (single !== undefined) return single;
        if (double !== undefined) return substitute(double, variables);
        return substitute(`$${name}`, variables);
      }),
    );
  }
  return words;
}

function substitute(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (_all, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`the page uses $${name}, which nobody set`);
    return value;
  });
}
