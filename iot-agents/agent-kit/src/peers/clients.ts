/** Open connections to a peer: one client a tenant, made when it is first needed and kept. Their number is that of the tenants. */

import type { ConnectionOptions } from '@contor/history-query';

export interface PeerOptions {
  readonly url: string;
  /** PLATFORM_SECRET; undefined on loopback. */
  readonly secret?: string | undefined;
}

/** Something with connections that somebody has to close. */
export interface Closable {
  close(): void;
}

export interface Clients<Client extends Closable> extends Closable {
  of(tenant: string): Client;
}

export function clientsOf<Client extends Closable>(
  create: (options: ConnectionOptions) => Client,
  options: Omit<ConnectionOptions, 'tenant'>,
): Clients<Client> {
  const clients = new Map<string, Client>();
  return {
    of(tenant) {
      const client = clients.get(tenant) ?? create({ ...options, tenant });
      clients.set(tenant, client);
      return client;
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}
