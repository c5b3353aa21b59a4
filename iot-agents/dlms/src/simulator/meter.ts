/**
 * A simulated meter: its objects, who may see which of them, its keys and its counters. A session is made for each client that
 * knocks; what a client of a kind may do is said in a table.
 */

import type { Random } from '@contor/kit';
import type { Data } from '../codec/axdr/data.js';
import { formatObis, parseLogicalName } from '../codec/cosem/logical-name.js';
import { type CipherKeys, cipherKeys } from '../codec/security/gcm.js';
import { CONFORMANCE_BITS, conformanceOf } from '../codec/xdlms/initiate.js';
import type { GetItem, GetResult, SetItem } from '../session/exchange.js';
import type { Policy } from '../session/protection.js';
import { type AdmissionRow, type MeterSecurity, MeterSession } from '../session/server.js';
import type { Acted, DataAccessResult, ServedObjects } from '../session/services.js';
import {
  array,
  doubleLongUnsigned,
  enumeration,
  integer,
  longUnsigned,
  name,
  nothing,
  octets,
  structure,
  text,
  unsigned,
} from './build.js';
import { OBJECTS, type ObjectRow } from './objects.js';
import { type MeterOptions, MeterState } from './state.js';

export interface SimulatedMeterOptions extends MeterOptions {
  /** Eight bytes; three letters of the maker first. */
  readonly title: Uint8Array;
  readonly encryptionKey: Uint8Array;
  readonly authenticationKey: Uint8Array;
  /** Of LLS and of the HLS mechanisms that have a secret. */
  readonly password: Uint8Array;
  readonly prefersGeneralBlocks?: boolean;
  readonly random: Random;
  readonly clockMs: () => number;
}

type Rights = 'public' | 'reader' | 'manager';

interface ClientRow extends Omit<AdmissionRow, 'secret'> {
  readonly rights: Rights;
  readonly hasSecret: boolean;
}

const BOTH: Policy = { isAuthenticated: true, isEncrypted: true };

/** The clients of IDIS (public, reading, management) and one for each other mechanism, so that any head end finds its own. */
const CLIENTS: readonly ClientRow[] = [
  { client: 16, mechanism: 0, rights: 'public', hasSecret: false },
  { client: 2, mechanism: 1, rights: 'reader', hasSecret: true },
  { client: 1, mechanism: 5, rights: 'manager', hasSecret: false, policy: BOTH },
  { client: 3, mechanism: 5, rights: 'reader', hasSecret: false },
  { client: 4, mechanism: 6, rights: 'reader', hasSecret: true },
  { client: 5, mechanism: 4, rights: 'reader', hasSecret: true },
  { client: 6, mechanism: 3, rights: 'reader', hasSecret: true },
  { client: 7, mechanism: 6, rights: 'reader', hasSecret: true, policy: BOTH },
  { client: 8, mechanism: 1, rights: 'reader', hasSecret: true, policy: BOTH },
];

const ASSOCIATION = '0-0:40.0.0';
const SAP = '0-0:41.0.0';
const SECURITY_SETUP = '0-0:43.0.0';
const COUNTER = '0-0:43.1.0';
/** What a stranger may know: who the meter is, what its clock says, and the counter that a head end has to begin with. */
const PUBLIC_OBJECTS: readonly string[] = ['0-0:1.0.0', '0-0:42.0.0', '0-0:96.1.0', ASSOCIATION, SAP, COUNTER];
const CONFORMANCE = conformanceOf(
  CONFORMANCE_BITS.map((row) => row.name).filter(
    (word) => !['read', 'write', 'unconfirmed-write', 'access'].includes(word),
  ),
);
const MAX_PDU = 1024;
const READ = 1;
const READ_AND_WRITE = 3;
/** Counters go on where they were, also after a restart of the simulator: sixteen a second are never used up. */
const COUNTERS_A_SECOND = 16;
const COUNTERS_FROM_MS = Date.UTC(2024, 0, 1);

const BY_NAME = new Map<string, ObjectRow>(OBJECTS.map((row) => [`${row.classId} ${row.obis}`, row]));

export class SimulatedMeter {
  readonly state: MeterState;
  readonly title: Uint8Array;
  readonly keys: CipherKeys;
  readonly #options: SimulatedMeterOptions;
  readonly #security: MeterSecurity;
  #counter: number;

  constructor(options: SimulatedMeterOptions) {
    this.#options = options;
    this.state = new MeterState(options);
    this.title = options.title;
    this.keys = cipherKeys(options.encryptionKey, options.authenticationKey);
    this.#counter = Math.floor(((options.clockMs() - COUNTERS_FROM_MS) / 1000) * COUNTERS_A_SECOND);
    this.#security = {
      title: options.title,
      suite: 0,
      keys: this.keys,
      received: new Map(),
      nextCounter: () => this.nextCounter(),
    };
  }

  nextCounter(): number {
    this.#counter += 1;
    return this.#counter;
  }

  /** Undefined: no such client. */
  session(client: number): MeterSession | undefined {
    const row = CLIENTS.find((candidate) => candidate.client === client);
    if (row === undefined) return undefined;
    const { rights, hasSecret, ...admission } = row;
    const { random, password, prefersGeneralBlocks = false } = this.#options;
    return new MeterSession({
      admission: { ...admission, ...(hasSecret && { secret: password }) },
      security: this.#security,
      objects: this.#objectsFor(rights, row),
      conformance: CONFORMANCE,
      maxPduSize: MAX_PDU,
      random,
      prefersGeneralBlocks,
    });
  }

  /** One attribute as the meter itself sees it, for what it pushes. */
  value(classId: number, obis: string, index: number, nowMs: number): Data | undefined {
    return this.#read(classId, obis, index, nowMs, undefined, CLIENTS[0] as ClientRow);
  }

  #objectsFor(rights: Rights, row: ClientRow): ServedObjects {
    const isVisible = (obis: string) => rights !== 'public' || PUBLIC_OBJECTS.includes(obis);
    const { clockMs } = this.#options;
    return {
      get: ({ attribute, access }): GetResult => {
        const obis = formatObis(attribute.instanceId);
        if (!isVisible(obis)) return refused('read-write-denied');
        const value = this.#read(attribute.classId, obis, attribute.attributeId, clockMs(), access, row);
        return value === undefined ? refused('object-undefined') : { is: 'data', value };
      },
      set: ({ attribute, access, value }: SetItem): DataAccessResult => {
        if (rights !== 'manager') return 'read-write-denied';
        const setter = this.#row(attribute.classId, formatObis(attribute.instanceId))?.setters?.[attribute.attributeId];
        return setter?.({ meter: this.state, nowMs: clockMs(), access }, value) ?? 'read-write-denied';
      },
      act: ({ classId, instanceId, methodId }, parameters): Acted => {
        const method =
          rights === 'manager' ? this.#row(classId, formatObis(instanceId))?.methods?.[methodId] : undefined;
        if (method === undefined) return { result: 'read-write-denied', returnParameters: undefined };
        const isDone = method({ meter: this.state, nowMs: clockMs(), access: undefined }, parameters);
        return { result: isDone ? 'success' : 'other-reason', returnParameters: undefined };
      },
    };
  }

  #row(classId: number, obis: string): ObjectRow | undefined {
    return BY_NAME.get(`${classId} ${obis}`);
  }

  #read(
    classId: number,
    obis: string,
    index: number,
    nowMs: number,
    access: GetItem['access'],
    client: ClientRow,
  ): Data | undefined {
    const own = this.#ownAttribute(classId, obis, index, client);
    if (own !== undefined) return own;
    const row = this.#row(classId, obis);
    if (row === undefined) return undefined;
    if (index === 1) return octets(parseLogicalName(obis));
    return row.attributes[index]?.({ meter: this.state, nowMs, access });
  }

  /** The objects that are about clients and keys. */
  #ownAttribute(classId: number, obis: string, index: number, client: ClientRow): Data | undefined {
    const { received } = this.#security;
    const tables: Readonly<Record<string, Readonly<Record<number, () => Data>>>> = {
      [`15 ${ASSOCIATION}`]: {
        1: () => name(ASSOCIATION),
        2: () => this.#objectList(client.rights),
        3: () => structure(integer(client.client), longUnsigned(1)),
        4: () => octets(Buffer.from([0x60, 0x85, 0x74, 0x05, 0x08, 0x01, client.policy === undefined ? 1 : 3])),
        5: () =>
          structure(
            { type: 'bit-string', value: CONFORMANCE.toString(2).padStart(24, '0') },
            longUnsigned(MAX_PDU),
            longUnsigned(MAX_PDU),
            unsigned(6),
            integer(0),
            octets(new Uint8Array(0)),
          ),
        6: () => octets(Buffer.from([0x60, 0x85, 0x74, 0x05, 0x08, 0x02, client.mechanism])),
        8: () => enumeration(2),
        9: () => name(SECURITY_SETUP),
      },
      [`17 ${SAP}`]: {
        1: () => name(SAP),
        2: () => array(structure(longUnsigned(1), text(`CTR${this.state.serial}`))),
      },
      [`64 ${SECURITY_SETUP}`]: {
        1: () => name(SECURITY_SETUP),
        2: () => enumeration(3),
        3: () => enumeration(0),
        4: () => octets([...received.keys()].map((key) => Buffer.from(key, 'hex'))[0] ?? new Uint8Array(0)),
        5: () => octets(this.title),
      },
      [`1 ${COUNTER}`]: {
        1: () => name(COUNTER),
        2: () => doubleLongUnsigned(Math.max(0, ...received.values())),
      },
    };
    return tables[`${classId} ${obis}`]?.[index]?.();
  }

  #objectList(rights: Rights): Data {
    const own = [
      { classId: 15, version: 1, obis: ASSOCIATION, indexes: [1, 2, 3, 4, 5, 6, 8, 9], row: undefined },
      { classId: 17, version: 0, obis: SAP, indexes: [1, 2], row: undefined },
      { classId: 64, version: 0, obis: SECURITY_SETUP, indexes: [1, 2, 3, 4, 5], row: undefined },
      { classId: 1, version: 0, obis: COUNTER, indexes: [1, 2], row: undefined },
    ];
    const others = OBJECTS.map((row) => ({
      ...row,
      indexes: [1, ...Object.keys(row.attributes).map(Number)],
      row,
    }));
    const visible = [...own, ...others].filter(({ obis }) => rights !== 'public' || PUBLIC_OBJECTS.includes(obis));
    return array(
      ...visible.map(({ classId, version, obis, indexes, row }) =>
        structure(
          longUnsigned(classId),
          unsigned(version),
          name(obis),
          structure(
            array(
              ...indexes.map((index) => {
                const isWritable = rights === 'manager' && row?.setters?.[index] !== undefined;
                return structure(integer(index), enumeration(isWritable ? READ_AND_WRITE : READ), nothing);
              }),
            ),
            array(
              ...Object.keys(row?.methods ?? {}).map((index) =>
                structure(integer(Number(index)), enumeration(rights === 'manager' ? 1 : 0)),
              ),
            ),
          ),
        ),
      ),
    );
  }
}

function refused(value: DataAccessResult): GetResult {
  return { is: 'data-access-result', value };
}
