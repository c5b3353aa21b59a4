/** The trail, newest first, page by page; another search begins anew. */
import { shallowRef } from 'vue';
import { type AuditPage, type AuditSearch, pageParameters, toAuditPage } from '../logic/audit.js';
import { heldValue } from '../logic/remote.js';
import { useAction } from './useAction.js';
import { useGateway } from './useGateway.js';
import { useRemote } from './useRemote.js';

export function useAudit(search: () => AuditSearch, zone: string) {
  const { ask } = useGateway();
  const read = async (before: number | undefined, signal?: AbortSignal): Promise<AuditPage> =>
    toAuditPage((await ask(`/api/audit?${pageParameters(search(), zone, before)}`, signal)).body);

  const older = shallowRef<readonly AuditPage[]>([]);
  const { remote, refresh } = useRemote<AuditPage>({
    key: () => pageParameters(search(), zone).toString(),
    load: async (signal) => {
      const page = await read(undefined, signal);
      older.value = [];
      return page;
    },
    isEmpty: ({ records }) => records.length === 0,
  });
  const pages = (): readonly AuditPage[] => {
    const first = heldValue(remote.value);
    return first === undefined ? [] : [first, ...older.value];
  };
  const more = useAction(async () => {
    const { next } = pages().at(-1) ?? {};
    if (next === undefined) return true;
    const wanted = pageParameters(search(), zone).toString();
    const page = await read(next);
    // Another search may have begun meanwhile: these are not its records.
    if (wanted === pageParameters(search(), zone).toString()) older.value = [...older.value, page];
    return true;
  });
  return {
    remote,
    refresh,
    more,
    records: () => pages().flatMap(({ records }) => records),
    hasMore: () => pages().at(-1)?.next !== undefined,
  };
}
