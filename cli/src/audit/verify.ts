/** `contor audit verify`: the report in words. */

import { readFile } from 'node:fs/promises';
import { type TrailFault, type TrailReport, verifyTrail } from '@contor/gateway/audit/verify.js';
import { CHAIN_FAULTS, ConfigError } from '@contor/kit';
import { keyOfTenant } from '@contor/policy';
import { type AuditFlags, findTrail } from './open.js';

export interface VerifyFlags extends AuditFlags {
  readonly anchors?: readonly string[];
  readonly archives?: string;
  readonly publicKey?: string;
  readonly tenant: string;
  readonly json?: boolean;
}

const SAYS: Readonly<Record<TrailFault['kind'], string>> = {
  ...CHAIN_FAULTS,
  signature: 'The anchor is not signed by the gateway.',
  unreadable: 'The record is whole, and is no record.',
};
/** What a terminal shows; --json has all that is kept. */
const MOST_LINES = 50;

export async function verify(flags: VerifyFlags): Promise<boolean> {
  const { anchors = [], archives, publicKey, tenant, json = false } = flags;
  const report = await verifyTrail({
    ...(await findTrail(flags)),
    ...{ anchorFiles: anchors, archiveFolder: archives },
    ...(publicKey !== undefined && { publicKey: await keyIn(publicKey, tenant) }),
  });
  for (const line of json ? [JSON.stringify(report, undefined, 2)] : describe(report)) console.log(line);
  return report.faultCount === 0;
}

export function describe(report: TrailReport): readonly string[] {
  const { records, first, last, faults, faultCount, anchors, anchorsMet, archives, removedThrough, tornBytes } = report;
  return [
    `${records} records, ${first} to ${last.sequence}${archives === 0 ? '' : `, ${archives} sealed years`}`,
    `${anchorsMet} of ${anchors} anchors are met`,
    `the end is ${last.sequence} ${last.hash}`,
    ...(removedThrough > 0 ? [`records up to ${removedThrough} were removed after the years to keep`] : []),
    ...(tornBytes > 0 ? [`${tornBytes} bytes at the end are an unfinished write: nobody was promised them`] : []),
    ...faults.slice(0, MOST_LINES).map(lineOf),
    ...(faultCount > MOST_LINES ? [`… ${faultCount - MOST_LINES} more`] : []),
    faultCount === 0 ? 'Nothing was changed, and nothing is missing.' : `${faultCount} faults.`,
  ];
}

function lineOf({ kind, sequence, through, where }: TrailFault): string {
  const which = through > sequence ? `${sequence}-${through}` : String(sequence);
  return `FAULT ${kind} ${which} (${where}): ${SAYS[kind]}`;
}

async function keyIn(path: string, tenant: string) {
  const key = keyOfTenant(await readFile(path, 'utf8'), tenant);
  if (key !== undefined) return key;
  throw new ConfigError([
    {
      code: 'config.public-key',
      message: `There is no key of tenant ${tenant} in ${path}.`,
      fix: 'Name the file that GATEWAY_PUBLIC_KEY names, and the tenant of that gateway.',
    },
  ]);
}
