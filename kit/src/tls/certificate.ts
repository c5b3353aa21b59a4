/**
 * Certificates of our own authority (RFC 5280): ECDSA on P-256 with SHA-256, which every TLS 1.2 and 1.3 client knows. One authority, one
 * certificate for each server with the names it is called by. For a closed set of machines; the public's trust is bought elsewhere.
 */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.js';

export interface Pem {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organizationName: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const ORGANIZATION = 'Contor';
/** 4.1.2.2: at most twenty octets, positive; sixteen random ones never meet. */
const SERIAL_BYTES = 16;

/** It signs certificates of servers and nothing else: `pathLenConstraint` 0 allows no authority below it. */
export function makeAuthority(name: string, validity: Validity): Pem {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = publicKey.export({ type: 'spki', format: 'der' });
  return issue({
    subject: nameOf(name),
    issuer: nameOf(name),
    publicKey: key,
    signer: privateKey,
    validity,
    extensions: [
      extension(OID.basicConstraints, true, sequence(boolean(true), integer(Uint8Array.of(0)))),
      extension(OID.keyUsage, true, bitString(Uint8Array.of(0b0000_0110), 1)), // keyCertSign, cRLSign
      extension(OID.subjectKeyIdentifier, false, octetString(keyIdOf(key))),
    ],
    privateKey,
  });
}

/** For server and client authentication, so that a service may show it when it is asked who it is. */
export function makeCertificate(authority: Pem, name: string, names: readonly string[], validity: Validity): Pem {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const issuer = new X509Certificate(authority.certificate);
  const issuerKey = issuer.publicKey.export({ type: 'spki', format: 'der' });
  return issue({
    subject: nameOf(name),
    issuer: nameOf(commonNameOf(issuer)),
    publicKey: key,
    signer: createPrivateKey(authority.key),
    validity,
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, bitString(Uint8Array.of(0b1000_0000), 7)), // digitalSignature
      extension(OID.extendedKeyUsage, false, sequence(...[OID.serverAuth, OID.clientAuth].map(objectIdentifier))),
      extension(OID.subjectAltName, false, sequence(...names.map(generalName))),
      extension(OID.subjectKeyIdentifier, false, octetString(keyIdOf(key))),
      extension(OID.authorityKeyIdentifier, false, sequence(context(0, false, keyIdOf(issuerKey)))),
    ],
    privateKey,
  });
}

interface Draft {
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signer: KeyObject;
  readonly privateKey: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Uint8Array[];
}

/** 4.1: what is signed, how, and the signature. */
function issue({ subject, issuer, publicKey, signer, privateKey, validity, extensions }: Draft): Pem {
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256));
  const serial = randomBytes(SERIAL_BYTES);
  const toBeSigned = sequence(
    context(0, true, integer(Uint8Array.of(2))), // v3
    integer(serial),
    algorithm,
    issuer,
    sequence(time(validity.fromMs), time(validity.untilMs)),
    subject,
    publicKey,
    context(3, true, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, signer);
  return {
    certificate: pem('CERTIFICATE', sequence(toBeSigned, algorithm, bitString(signature))),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function nameOf(commonName: string): Uint8Array {
  const attribute = (type: string, text: string) => set(sequence(objectIdentifier(type), utf8String(text)));
  return sequence(attribute(OID.organizationName, ORGANIZATION), attribute(OID.commonName, commonName));
}

export function commonNameOf(certificate: X509Certificate, of: 'subject' | 'issuer' = 'subject'): string {
  return /^CN=(.*)$/m.exec(certificate[of])?.[1] ?? certificate[of];
}

function extension(type: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  const critical = isCritical ? [boolean(true)] : [];
  return sequence(objectIdentifier(type), ...critical, octetString(value));
}

/** 4.2.1.6: a dNSName, or the octets of an iPAddress. */
function generalName(name: string): Uint8Array {
  return isIP(name) === 0 ? context(2, false, Buffer.from(name, 'latin1')) : context(7, false, addressBytes(name));
}

function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const groups = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** 4.2.1.2, method 1: the SHA-1 of the public key itself. It names the key and protects nothing. */
function keyIdOf(publicKey: Uint8Array): Uint8Array {
  const { x = '', y = '' } = createPublicKey({ key: Buffer.from(publicKey), type: 'spki', format: 'der' }).export({
    format: 'jwk',
  });
  const point = Buffer.concat([Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return createHash('sha1').update(point).digest();
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
