/** A browser small enough for a test: it keeps cookies by host, name and path, follows redirects and reads forms. */

interface Cookie {
  readonly value: string;
  readonly path: string;
}

export interface Answer {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

const REDIRECTS_LIMIT = 12;

export class Browser {
  /** As in a real one, cookies know the host but not the port. */
  readonly #cookies = new Map<string, Cookie>();

  async get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#follow('GET', url, headers, undefined);
  }

  async post(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.#follow('POST', url, { ...type, ...headers }, new URLSearchParams(form).toString());
  }

  /** One request, redirects not followed, the body left to the caller. */
  async raw(method: string, url: string, headers: Record<string, string> = {}, body?: string): Promise<Response> {
    const cookie = this.cookiesFor(url);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(new URL(url), line);
    return response;
  }

  cookiesFor(url: string): string {
    const { hostname, pathname } = new URL(url);
    return [...this.#cookies]
      .filter(([key, { path }]) => key.startsWith(`${hostname} `) && pathname.startsWith(path))
      .map(([key, { value }]) => `${key.split(' ')[1]}=${value}`)
      .join('; ');
  }

  cookie(name: string): string | undefined {
    return [...this.#cookies].find(([key]) => key.split(' ')[1] === name)?.[1].value;
  }

  setCookie(url: string, name: string, value: string, path = '/'): void {
    this.#cookies.set(`${new URL(url).hostname} ${name} ${path}`, { value, path });
  }

  async #follow(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string | undefined,
  ): Promise<Answer> {
    let response = await this.raw(method, url, headers, body);
    let at = url;
    for (let hops = 0; hops < REDIRECTS_LIMIT && response.status >= 300 && response.status < 400; hops += 1) {
      const location = response.headers.get('location');
      if (location === null) break;
      await response.arrayBuffer();
      at = new URL(location, at).href;
      response = await this.raw('GET', at);
    }
    return { status: response.status, url: at, headers: response.headers, body: await response.text() };
  }

  #keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
    const key = `${url.hostname} ${pair.slice(0, at)} ${path}`;
    const expires = attributes.find((part) => /^expires=/i.test(part))?.slice(8);
    const isGone = pair.slice(at + 1) === '' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isGone) this.#cookies.delete(key);
    else this.#cookies.set(key, { value: pair.slice(at + 1), path });
  }
}
