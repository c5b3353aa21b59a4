/** What every request to a peer carries: the platform's secret, the tenant, and limits. */

export interface PeerOptions {
  readonly url: string;
  /** PLATFORM_SECRET; undefined on loopback. */
  readonly secret?: string | undefined;
}

/** Longer than any group commit, short enough that a hung peer is noticed while somebody is looking. */
const TIMEOUT_MS = 30_000;

export function requestOptions({ secret }: PeerOptions): object {
  return {
    timeout: TIMEOUT_MS,
    // A batch of a thousand entities is some megabytes; the client's own limit would be a failure for ever.
    maxBodyLength: Number.POSITIVE_INFINITY,
    // The generated client hands over finished JSON; axios would parse all of it again to be sure that it is.
    transformRequest: [(body: unknown) => body],
    ...(secret !== undefined && { headers: { Authorization: `Bearer ${secret}` } }),
  };
}

/** The default tenant has no header on the wire. */
export function tenantHeader(tenant: string): string | undefined {
  return tenant === 'default' ? undefined : tenant;
}
