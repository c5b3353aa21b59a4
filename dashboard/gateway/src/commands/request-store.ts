/**
 * CommandRequest and CommandControl entities as the gateway writes and reads them: a statement of its own, and beside it what the command
 * service shows. Who asked for what comes from the statement alone, because an attribute may have been written by anybody.
 */

import type { BrokerClient } from '@contor/history-query';
import { contextLink, entity, type NgsiEntity, urn } from '@contor/orion-config';
import {
  type ControlStatement,
  type DecisionStatement,
  type RequestStatement,
  type Signer,
  type Statement,
  statementHash,
  verifyStatement,
} from '@contor/policy';

/** What we signed, and the entity it stands in. */
export interface SignedRequest {
  readonly request: RequestStatement;
  readonly hash: string;
  readonly decisions: readonly DecisionStatement[];
  readonly entity: NgsiEntity;
}

export interface ListWish {
  readonly status: string | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

export interface RequestStore {
  create(request: RequestStatement): Promise<SignedRequest>;
  decide(decision: DecisionStatement): Promise<void>;
  get(id: string): Promise<SignedRequest | undefined>;
  /** Newest first. */
  list(wish: ListWish): Promise<readonly SignedRequest[]>;
  say(control: ControlStatement): Promise<void>;
  control(): Promise<NgsiEntity | undefined>;
  /** Those of these devices that exist. */
  known(devices: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface StoreParts {
  readonly broker: BrokerClient;
  readonly signer: Signer;
  readonly tenant: string;
}

const ENTITIES = '/ngsi-ld/v1/entities';
const IDS_A_QUERY = 100;
const MOST_TIES = 1_000;
/** A statement is verified once: the same list is looked at again and again. */
const MOST_REMEMBERED = 2_000;

export function requestStore({ broker, signer, tenant }: StoreParts): RequestStore {
  const remembered = new Map<string, Statement>();
  const controlId = urn('CommandControl', tenant);

  async function verified(compact: string): Promise<Statement | undefined> {
    const known = remembered.get(compact);
    if (known !== undefined) return known;
    const kinds = ['request', 'approval', 'rejection', 'withdrawal'] as const;
    const answer = await verifyStatement(compact, signer.publicKey, kinds);
    if (answer.kind === 'refused') return undefined;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(compact, answer.statement);
    return answer.statement;
  }

  async function signedRequest(from: NgsiEntity): Promise<SignedRequest | undefined> {
    const decisions: DecisionStatement[] = [];
    let found: Pick<SignedRequest, 'request' | 'hash'> | undefined;
    for (const compact of statementsOf(from)) {
      const statement = await verified(compact);
      if (statement?.kind === 'request' && statement.id === from.id && statement.tenant === tenant)
        found = { request: statement, hash: await statementHash(compact) };
      else if (statement !== undefined && isDecision(statement) && statement.id === from.id) decisions.push(statement);
    }
    return found && { ...found, decisions, entity: from };
  }

  /** An instance of its own for each voice (datasetId, GS CIM 009, 4.5.5): two at once do not overwrite each other. */
  async function add(
    type: 'CommandRequest' | 'CommandControl',
    id: string,
    statement: Statement,
    by: string,
  ): Promise<void> {
    const compact = await signer.sign(statement);
    const datasetId = `urn:contor:statement:${statement.kind}:${(await statementHash(by)).slice(0, 16)}`;
    const body = entity(type, id).property('statement', compact, { datasetId }).build();
    const { id: _id, type: _type, ...attributes } = body;
    const contextUrl = await broker.contextUrl();
    const headers: Record<string, string> = contextUrl === undefined ? {} : { Link: contextLink(contextUrl) };
    const path = `${ENTITIES}/${encodeURIComponent(id)}/attrs`;
    const answer = await broker.request({ method: 'POST', path, body: attributes, headers });
    if (answer.status === 204) return;
    const created =
      answer.status === 404 && type === 'CommandControl'
        ? await broker.request({ method: 'POST', path: ENTITIES, body, headers })
        : answer;
    if (created.status !== 201) throw new Error(`the broker answered ${created.status} to a statement`);
  }

  return {
    async create(request) {
      const compact = await signer.sign(request);
      const { id, command, by, atMs, targets } = request;
      const said = entity('CommandRequest', id)
        .property('statement', compact)
        .property('command', command)
        .property('requestedBy', by)
        .property('requestedAt', new Date(atMs).toISOString())
        .property('targetCount', targets.length);
      // Who sees every one of them sees the request; of a fleet, which is not told in part, only those who see everything do.
      const made = (targets.length > MOST_TIES ? said : said.relationship('refDevice', targets)).build();
      const { failed } = await broker.upsert([made]);
      if (failed.length > 0) throw new Error('the broker refused a command request');
      return { request, hash: await statementHash(compact), decisions: [], entity: made };
    },
    decide: (decision) => add('CommandRequest', decision.id, decision, decision.by),
    async get(id) {
      const found = await broker.get(id);
      return found?.type === 'CommandRequest' ? signedRequest(found) : undefined;
    },
    async list({ status, before, limit }) {
      const q = [
        ...(status === undefined
          ? []
          : [status === 'requested' ? '(!status|status=="requested")' : `status=="${status}"`]),
        ...(before === undefined ? [] : [`requestedAt<"${before}"`]),
      ].join(';');
      const query = new URLSearchParams({
        ...{ type: 'CommandRequest', limit: String(limit), orderBy: 'requestedAt;desc', local: 'true' },
        ...(q === '' ? {} : { q }),
      });
      const contextUrl = await broker.contextUrl();
      const headers: Record<string, string> = contextUrl === undefined ? {} : { Link: contextLink(contextUrl) };
      const { status: code, body } = await broker.request({ method: 'GET', path: `${ENTITIES}?${query}`, headers });
      if (code !== 200 || !Array.isArray(body)) throw new Error(`the broker answered ${code} to a list of requests`);
      const found = await Promise.all((body as readonly NgsiEntity[]).map(signedRequest));
      return found.filter((one) => one !== undefined);
    },
    say: (statement) => add('CommandControl', controlId, statement, statement.by),
    control: () => broker.get(controlId),
    async known(devices) {
      const known = new Set<string>();
      for (let at = 0; at < devices.length; at += IDS_A_QUERY) {
        const id = devices.slice(at, at + IDS_A_QUERY);
        for (const device of await broker.query({ type: 'Device', id, pick: ['id', 'type'] })) known.add(device.id);
      }
      return known;
    },
  };
}

function statementsOf({ statement }: NgsiEntity): readonly string[] {
  const instances = Array.isArray(statement) ? statement : [statement];
  return instances.flatMap((instance) => (typeof instance?.value === 'string' ? [instance.value] : []));
}

function isDecision(statement: Statement): statement is DecisionStatement {
  return statement.kind === 'approval' || statement.kind === 'rejection' || statement.kind === 'withdrawal';
}
