/** A server of the platform as an operator's command asks it: its URL, the secret and the tenant from the environment or flags. */

import { ProtocolError, TransportError } from '@contor/kit';

export interface ServerFlags {
  readonly url: string;
  readonly tenant?: string;
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer: JSON, or the text it is; undefined when it has no body. Rejects with what the server said. */
export async function askServer({ url, tenant }: ServerFlags, path: string, asked: Asked = {}): Promise<unknown> {
  const { method = 'GET', body, headers: more } = asked;
  const secret = process.env.PLATFORM_SECRET;
  const headers = {
    ...(tenant !== undefined && { 'NGSILD-Tenant': tenant, 'Fiware-Service': tenant }),
    ...(secret !== undefined && { Authorization: `Bearer ${secret}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...more,
  };
  const target = new URL(path, url);
  const response = await fetch(target, {
    ...{ method, headers, redirect: 'error' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new TransportError(
      'transport.no-server',
      `Nothing answers at ${target.origin}. Start it, or name another with --url.`,
      { url: target.origin },
      cause,
    );
  });
  const text = await response.text();
  if (!response.ok) {
    throw new ProtocolError(
      `server.${response.status}`,
      saidBy(text) ?? `${target.origin} answered ${response.status}.`,
    );
  }
  const isText = response.headers.get('content-type')?.startsWith('text/') ?? false;
  return text === '' ? undefined : isText ? text : JSON.parse(text);
}

function saidBy(text: string): string | undefined {
  try {
    const { description, detail, title, message } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const said = description ?? detail ?? title ?? message;
    return typeof said === 'string' ? said : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return text === '' ? undefined : text.slice(0, 500);
    throw error;
  }
}
