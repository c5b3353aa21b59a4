/** Statements of the gateway, verified: by its public key, which stands in a file and is read each time. */

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

type PublicKey = NonNullable<ReturnType<typeof keyOfTenant>>;

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
/** A request has one, and a few voices about it. More of them were not written by the gateway; a switch must be found among them all the same. */
const MOST_STATEMENTS = 1_000;
/** The same statement is looked at before each send. */
const MOST_REMEMBERED = 2_000;

export function statementReader({ disk, keyFile, tenant }: ReaderOptions): StatementReader {
  const remembered = new Map<string, GatewayStatement>();
  let keyText = '';

  /** Whoever replaces the key wants nothing believed any more that the old one signed. */
  async function currentKey(): Promise<PublicKey | undefined> {
    const bytes = await readWhole(disk, keyFile);
    const text = bytes === undefined ? '' : new TextDecoder().decode(bytes);
    if (text !== keyText) remembered.clear();
    keyText = text;
    return keyOfTenant(text, tenant);
  }

  async function verify(compact: string, key: PublicKey): Promise<GatewayStatement | undefined> {
    const known = remembered.get(compact);
    if (known !== undefined) return known;
    const answer = await verifyStatement(compact, key, KINDS);
    if (answer.kind === 'refused' || !isOfGateway(answer.statement)) return undefined;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(compact, answer.statement);
    return answer.statement;
  }

  return {
    async read(compacts) {
      const verified: Verified[] = [];
      const key = compacts.length === 0 ? undefined : await currentKey();
      if (key === undefined) return { verified, forged: compacts.length };
      for (const compact of compacts.slice(0, MOST_STATEMENTS)) {
        const statement = await verify(compact, key);
        if (statement !== undefined) verified.push({ compact, statement });
      }
      return { verified, forged: compacts.length - verified.length };
    },
  };
}

function isOfGateway(statement: Statement): statement is GatewayStatement {
  return statement.kind !== 'order' && statement.kind !== 'anchor';
}
