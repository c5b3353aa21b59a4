/** Looks for secrets where they must not be: as they are, and in the ways in which programs write bytes. */

import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface Leak {
  readonly canary: string;
  readonly where: string;
  readonly form: string;
}

/** Name of the secret → the secret. */
export type Canaries = ReadonlyMap<string, string>;

const FORMS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  base64: (text) => base64Inside(text, 0),
  'base64, a byte later': (text) => base64Inside(text, 1),
  'base64, two bytes later': (text) => base64Inside(text, 2),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'percent-encoded': encodeURIComponent,
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  backwards: (text) => [...text].reverse().join(''),
};

/** Of a text in the middle of something longer: the letters that depend on it alone. */
function base64Inside(text: string, bytesBefore: number): string {
  const whole = Buffer.concat([Buffer.alloc(bytesBefore), Buffer.from(text)]).toString('base64');
  return whole.slice(Math.ceil((bytesBefore * 8) / 6), -4);
}

export function leaksIn(text: string, where: string, canaries: Canaries): readonly Leak[] {
  const found: Leak[] = [];
  for (const [canary, secret] of canaries) {
    const form = Object.entries(FORMS).find(([, write]) => text.includes(write(secret)));
    if (form !== undefined) found.push({ canary, where, form: form[0] });
  }
  return found;
}

/** Every file below a folder, whatever it is. */
export async function leaksBelow(folder: string, canaries: Canaries): Promise<readonly Leak[]> {
  const found: Leak[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''; // Replaced by a newer one meanwhile.
      throw error;
    });
    found.push(...leaksIn(text, relative(folder, path), canaries));
  }
  return found;
}
