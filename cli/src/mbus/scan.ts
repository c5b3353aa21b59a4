/** `contor scan mbus`: a line for each meter, on standard output; how far it is, on standard error. */

import { ConfigError } from '@contor/kit';
import { wiredMediumName } from '@contor/mbus/codec/header/names.js';
import { type FoundMeter, searchPrimary, searchSecondary } from '@contor/mbus/session/search.js';
import { ANY } from '@contor/mbus/session/select.js';
import type { ScanFlags } from './command.js';
import { triesOf, withBus, wrong } from './line.js';

const DIGITS = /^[0-9a-f]{1,8}$/i;

export async function scanMbus(host: string, flags: ScanFlags): Promise<void> {
  const { primary = false, within = '' } = flags;
  if (within !== '' && !DIGITS.test(within))
    throw new ConfigError([wrong('--within', within, 'up to eight digits, hexadecimal ones among them')]);
  const selection = { ...ANY, id: within.toLowerCase().padEnd(8, 'f') };
  const search = primary ? searchPrimary(triesOf(flags)) : searchSecondary(triesOf(flags), selection);
  const isTerminal = process.stderr.isTTY === true;
  const { found, collisions, asked, isCut } = await withBus(host, flags, (bus) =>
    bus.carry(search, {
      onProgress: (progress) => {
        if (isTerminal)
          process.stderr.write(`\r${progress.asking.padEnd(28)} asked ${progress.asked}, found ${progress.found} `);
      },
    }),
  );
  if (isTerminal) process.stderr.write(`\r${' '.repeat(60)}\r`);
  for (const meter of found) console.log(textOf(meter));
  for (const where of collisions) console.log(`${where}  more than one meter answers here`);
  console.log(
    `${found.length} found, ${collisions.length} collisions, ${asked} asked${isCut ? ' (cut at the limit)' : ''}`,
  );
}

function textOf({ primary, meter }: FoundMeter): string {
  const address = primary === undefined ? '' : `${String(primary).padStart(3)}  `;
  if (meter === undefined) return `${address}answers, without a secondary address`;
  const { id, manufacturer, version, deviceType } = meter;
  return `${address}${id}  ${manufacturer}  version ${String(version).padStart(3)}  ${wiredMediumName(deviceType)}`;
}
