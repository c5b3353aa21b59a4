/** Statements of the gateway, verified: by its public key, which stands in a file and is read again when somebody is not believed. */

import { type Disk, readWhole } from '@contor/kit';
import {
  type ControlStatement,
  type DecisionStatement,
  keyOfTenant,
  type RequestStatement,
  type Statement,
  verifyStatement,
} from '@contor/policy';

export type GatewayStatement = RequestStatement | DecisionStatement | ControlStatement;

export interface Verified {
  readonly compact: string;
  readonly statement: GatewayStatement;
}

export interface StatementReader {
  /** Those that the gateway signed; what is left over was forged, or signed with a key of before. */
  read(compacts: readonly string[]): Promise<{ readonly verified: readonly Verified[]; readonly forged: number }>;
}

export interface ReaderOptions {
  readonly disk: Disk;
  readonly keyFile: string;
  readonly tenant: string;
}

const KINDS: readonly Statement['kind'][] = [
  ...(['request', 'approval', 'rejection', 'withdrawal', 'stop', 'resume', 'unfreeze'] as const),
];
/** A request has one, and a few voices about it. An entity with more of them was not written by the gateway. */
const MOST_STATEMENTS = 50;
/** The same statement is looked at before each send. */
const MOST_REMEMBERED = 2_000;

export function statementReader({ disk, keyFile, tenant }: ReaderOptions): StatementReader {
  const remembered = new Map<string, GatewayStatement>();

  async function verify(compact: string): Promise<GatewayStatement | undefined> {
    const known = remembered.get(compact);
    if (known !== undefined) return known;
    const bytes = await readWhole(disk, keyFile);
    const key = bytes && keyOfTenant(new TextDecoder().decode(bytes), tenant);
    if (key === undefined) return undefined;
    const answer = await verifyStatement(compact, key, KINDS);
    if (answer.kind === 'refused') return undefined;
    const { statement } = answer;
    if (statement.kind === 'order' || statement.kind === 'anchor') return undefined;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(compact, statement);
    return statement;
  }

  return {
    async read(compacts) {
      const verified: Verified[] = [];
      for (const compact of compacts.slice(0, MOST_STATEMENTS)) {
        const statement = await verify(compact);
        if (statement !== undefined) verified.push({ compact, statement });
      }
      return { verified, forged: compacts.length - verified.length };
    },
  };
}
