/**
 * The authority that an operator trusts beside the system's: named once (CONTOR_CA), believed by every outgoing call of the process, however
 * a library makes it. Nothing is ever believed unchecked; there is no setting for that.
 */

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { ConfigError, errnoOf } from '../errors.js';

export const CA_SETTING = 'CONTOR_CA';

interface Tls {
  createSecureContext(options?: SecureContextOptions): SecureContext;
  /** Node 22.19 and newer. */
  getCACertificates?(kind: 'default'): readonly string[];
  setDefaultCACertificates?(certificates: readonly string[]): void;
}

/** Node's own handle of a context; `addCACert` is what `ca` itself comes down to. */
interface Handle {
  addCACert(pem: string): void;
}

/** Once for each process, before its first call. */
export async function trustAuthority(path: string): Promise<void> {
  const certificates = certificatesIn(await read(path), path);
  // Not an import: the names of an ES module do not change, and Node itself looks at the module's own object.
  const tls = createRequire(import.meta.url)('node:tls') as Tls;
  if (tls.setDefaultCACertificates !== undefined && tls.getCACertificates !== undefined) {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...certificates]);
    return;
  }
  const create = tls.createSecureContext;
  tls.createSecureContext = (options) => {
    const made = create(options);
    // Whoever names authorities of his own means these and no others.
    if (options?.ca === undefined) for (const pem of certificates) (made.context as Handle).addCACert(pem);
    return made;
  };
}

function certificatesIn(text: string, path: string): readonly string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const pem of found) new X509Certificate(pem);
  } catch (error) {
    throw unusable(path, error);
  }
  if (found.length === 0) throw unusable(path);
  return found;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const message = `${path}, which ${CA_SETTING} names, cannot be read (${errnoOf(error) ?? 'unknown reason'}).`;
    throw new ConfigError([{ code: 'config.ca', message, fix: `Correct ${CA_SETTING}.` }], error);
  }
}

function unusable(path: string, cause?: unknown): ConfigError {
  const message = `${path}, which ${CA_SETTING} names, holds no certificate.`;
  return new ConfigError(
    [{ code: 'config.ca', message, fix: `Name a PEM file, such as ca.pem of \`contor certs make\`.` }],
    cause,
  );
}
