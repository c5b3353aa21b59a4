/**
 * Which meters are simulators: from a file on this machine, URN → serial number, written by whoever puts the simulators up. Not from the
 * context, where somebody with leave to write could call a real meter one; and the agent has the last word by its own registry.
 */

import { type Disk, readWhole } from '@contor/kit';

export async function readSimulated(disk: Disk, path: string | undefined): Promise<ReadonlyMap<string, string>> {
  const bytes = path === undefined ? undefined : await readWhole(disk, path);
  if (bytes === undefined) return new Map();
  const devices = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
  return new Map(Object.entries(devices).filter((row): row is [string, string] => typeof row[1] === 'string'));
}
