/**
 * What the scope index asks of the broker: subscriptions of the gateway's own, and pages of entities with their ties alone. A broker
 * without `pick` and `notificationTrigger` (Orion-LD) is asked for whole entities, and what is new or gone there is found by the pages.
 */

import type { BrokerClient } from '@contor/history-query';
import {
  contextLink,
  ENTITY_TYPES,
  ensureSubscription,
  type SubscriptionDefinition,
  VocabularyError,
} from '@contor/orion-config';
import type { TiedEntity } from '@contor/policy';

export interface ScopeBroker {
  /** Makes the subscriptions, or brings earlier ones up to date. */
  subscribe(): Promise<void>;
  /** All entities there are, in pages. Entities that come or go meanwhile may move others from one page to the next. */
  pages(): AsyncIterable<readonly TiedEntity[]>;
  /** Those of these that exist. */
  named(ids: readonly string[]): Promise<readonly TiedEntity[]>;
}

export interface ScopeBrokerParts {
  readonly client: Pick<BrokerClient, 'request' | 'contextUrl'>;
  /** Names of the attributes that tie entities together. */
  readonly ties: readonly string[];
  readonly endpoint: string;
  /** Sent with every notification (GS CIM 009, 5.2.15 receiverInfo). */
  readonly headers: Readonly<Record<string, string>>;
}

/** `life`: what comes and goes. `ties`: what is tied otherwise than before. One alone would hear of every reading. */
const SUBSCRIPTIONS = {
  life: { notificationTrigger: ['entityCreated', 'entityDeleted'], watchesTies: false },
  ties: { notificationTrigger: ['attributeCreated', 'attributeUpdated', 'attributeDeleted'], watchesTies: true },
} as const;

/** Every reading has new ones, and what they date has others that stay: to hear of each would be to hear of every reading. */
const RESTLESS: ReadonlySet<string> = new Set(['recordedAt', 'dateObserved']);
/** Orion-LD's largest page. */
const PAGE = 1_000;
/** So many identifiers fit into a request line. */
const NAMED = 100;
const ENTITIES = '/ngsi-ld/v1/entities';
/** The other side knows no such word. */
const UNKNOWN_WORD: ReadonlySet<unknown> = new Set([400, 422, 501]);

export function createScopeBroker({ client, ties, endpoint, headers }: ScopeBrokerParts): ScopeBroker {
  /** Words of 1.9.1 that spare most of the work; false once the broker has said that it does not know them. */
  let isModern = true;

  const link = async () => ({ Link: contextLink(await client.contextUrl()) });

  function definitionOf(name: keyof typeof SUBSCRIPTIONS): SubscriptionDefinition {
    const { notificationTrigger, watchesTies } = SUBSCRIPTIONS[name];
    const members = isModern ? { pick: ['id', 'type', ...ties], sysAttrs: true } : { attributes: [...ties] };
    return {
      id: `urn:ngsi-ld:Subscription:contor-gateway-scope-${name}`,
      type: 'Subscription',
      description: 'What may be seen by whom: for the gateway',
      entities: isModern ? [{ type: '*' }] : Object.keys(ENTITY_TYPES).map((type) => ({ type })),
      ...(isModern ? { notificationTrigger: [...notificationTrigger] } : {}),
      ...(watchesTies ? { watchedAttributes: ties.filter((name) => !RESTLESS.has(name)) } : {}),
      notification: {
        ...members,
        endpoint: {
          uri: endpoint,
          accept: 'application/json',
          receiverInfo: Object.entries(headers).map(([key, value]) => ({ key, value })),
          // The newest state is all that counts, and no write waits for us.
          notifierInfo: [{ key: 'keep', value: 'latest' }],
        },
      },
    };
  }

  async function ensure(name: keyof typeof SUBSCRIPTIONS): Promise<void> {
    await ensureSubscription(client, definitionOf(name), await client.contextUrl());
  }

  async function ask(query: Readonly<Record<string, string>>): Promise<readonly TiedEntity[]> {
    const words = new URLSearchParams({ ...query, ...(isModern ? { pick: ['id', 'type', ...ties].join(',') } : {}) });
    const { status, body } = await client.request({
      method: 'GET',
      path: `${ENTITIES}?${words}`,
      headers: { ...(await link()), Accept: 'application/json' },
    });
    if (isModern && UNKNOWN_WORD.has(status)) {
      isModern = false;
      return ask(query);
    }
    if (status !== 200 || !Array.isArray(body)) throw new Error(`The broker answered ${status} to a query for ties.`);
    return body as readonly TiedEntity[];
  }

  async function* pagesOf(type: string): AsyncIterable<readonly TiedEntity[]> {
    for (let offset = 0; ; offset += PAGE) {
      const page = await ask({ type, limit: String(PAGE), offset: String(offset) });
      yield page;
      if (page.length < PAGE) return;
    }
  }

  async function typesOf(): Promise<readonly string[]> {
    const { status, body } = await client.request({ method: 'GET', path: '/ngsi-ld/v1/types', headers: await link() });
    const list = typeof body === 'object' && body !== null && 'typeList' in body ? body.typeList : undefined;
    if (status !== 200 || !Array.isArray(list))
      throw new Error(`The broker answered ${status} when asked for its types.`);
    return list.filter((type): type is string => typeof type === 'string');
  }

  return {
    async subscribe() {
      try {
        await ensure('ties');
      } catch (error) {
        if (!isModern || !(error instanceof VocabularyError) || !UNKNOWN_WORD.has(error.context.status)) throw error;
        isModern = false;
        await ensure('ties');
      }
      if (isModern) await ensure('life');
    },
    async *pages() {
      if (isModern) yield* pagesOf('*');
      else for (const type of await typesOf()) yield* pagesOf(type);
    },
    async named(ids) {
      const found: TiedEntity[] = [];
      for (let at = 0; at < ids.length; at += NAMED) {
        const some = ids.slice(at, at + NAMED);
        found.push(...(await ask({ id: some.join(','), limit: String(NAMED) })));
      }
      return found;
    },
  };
}
