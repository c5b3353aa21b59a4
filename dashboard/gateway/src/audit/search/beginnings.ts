/** An outcome may leave out what its beginning said already; whoever reads a list wants to see it beside the outcome. */

import type { ChainedLog } from '@contor/kit';
import { decodeRecord, type KeptRecord } from '../record.js';
import type { Found } from './search.js';

export function withBeginnings(chain: ChainedLog, records: readonly Found[]): Promise<readonly Found[]> {
  return Promise.all(
    records.map(async (found) => {
      const { of } = found.kept;
      // What was archived is left as it is: the beginning stands in the file beside it.
      if (of === undefined || of < chain.tail || isWhole(found.kept)) return found;
      const beginning = await readOne(chain, of);
      return beginning === undefined ? found : { ...found, kept: filled(found.kept, beginning) };
    }),
  );
}

function isWhole({ targets, before, after, closed }: KeptRecord): boolean {
  return targets !== undefined && (before !== undefined || after !== undefined || closed?.values !== undefined);
}

function filled(kept: KeptRecord, { targets, before, after, closed }: KeptRecord): KeptRecord {
  const hasValues = kept.before !== undefined || kept.after !== undefined || kept.closed?.values !== undefined;
  const values = {
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(closed?.values !== undefined && { closed: { ...kept.closed, values: closed.values } }),
  };
  return {
    ...kept,
    ...(kept.targets === undefined && targets !== undefined && { targets }),
    ...(!hasValues && values),
  };
}

async function readOne(chain: ChainedLog, wanted: number): Promise<KeptRecord | undefined> {
  for await (const { sequence, body } of chain.read(wanted))
    return sequence === wanted ? decodeRecord(body) : undefined;
  return undefined;
}
