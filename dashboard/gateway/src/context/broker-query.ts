/** Entities from the broker by their identifiers and what else a question says, some at a time (GS CIM 009, 6.23). */

import type { NotifiedEntity } from '../notify/door.js';
import type { Upstream, UpstreamAnswer } from '../upstream/upstream.js';

export interface ChunkRequest {
  readonly ids: readonly string[];
  readonly limit: number;
  readonly offset: number;
  /** Members of the query document besides `entities`. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly isLocal: boolean;
  readonly sysAttrs: boolean;
  readonly correlation: string;
}

export type ChunkReply =
  | { readonly kind: 'value'; readonly entities: readonly NotifiedEntity[]; readonly count: number }
  /** The broker does not understand the question: its own words go back to whoever asked. */
  | { readonly kind: 'refused'; readonly answer: UpstreamAnswer };

export interface BrokerQuery {
  ask(request: ChunkRequest): Promise<ChunkReply>;
}

export function createBrokerQuery(broker: Upstream, typeOf: (id: string) => string | undefined): BrokerQuery {
  /** One selector with many ids (5.2.33); a broker that takes one id each (Orion-LD) is asked so from then on. */
  let isModern = true;

  async function send(request: ChunkRequest, selectors: readonly object[]): Promise<UpstreamAnswer> {
    const { limit, offset, members, isLocal, sysAttrs, correlation } = request;
    const words = new URLSearchParams({ limit: String(limit), offset: String(offset), count: 'true' });
    if (sysAttrs) words.set('options', 'sysAttrs');
    if (isLocal) words.set('local', 'true');
    const body = { type: 'Query', entities: selectors, ...members };
    return broker.ask({ method: 'POST', path: `/ngsi-ld/v1/entityOperations/query?${words}`, body, correlation });
  }

  const together = (ids: readonly string[]) => [{ id: ids, type: '*' }];
  const apart = (ids: readonly string[]) => ids.map((id) => ({ id, type: typeOf(id) ?? '*' }));

  return {
    async ask(request) {
      let answer = await send(request, isModern ? together(request.ids) : apart(request.ids));
      if (isModern && answer.status === 400) {
        // Either the question is wrong, or only the way it was put.
        answer = await send(request, apart(request.ids));
        if (answer.status === 200) isModern = false;
      }
      if (answer.status !== 200 || !Array.isArray(answer.body)) return { kind: 'refused', answer };
      const count = Number(answer.headers['ngsild-results-count'] ?? answer.body.length);
      return { kind: 'value', entities: answer.body as readonly NotifiedEntity[], count };
    },
  };
}
