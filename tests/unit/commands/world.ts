/** A small world for the command service: a gateway that signs, a broker that forwards, meters that obey at once; disk and clock are simulated. */

import type { Shown } from '@contor/commands/core/outcome.js';
import type { CommandContext, DeviceFacts, Sending } from '@contor/commands/core/ports.js';
import { statementReader } from '@contor/commands/intake/statements.js';
import { type Journal, openJournal } from '@contor/commands/store/journal.js';
import type { WorkSettings } from '@contor/commands/work/parts.js';
import { CommandService } from '@contor/commands/work/service.js';
import { createLogger, type Logger, replaceFile, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import type { NgsiEntity } from '@contor/orion-config';
import {
  type ControlStatement,
  createSigner,
  type DecisionStatement,
  formatKeySet,
  newSigningKey,
  type OrderStatement,
  type RequestStatement,
  type Signer,
  statementHash,
  verifyStatement,
} from '@contor/policy';

const NOW_MS = Date.UTC(2026, 10, 20, 9);
const SILENT: Logger = createLogger({ service: 'test', write: () => undefined });
const KEY_FILE = '/keys/gateway.json';

export function deviceOf(number: number): string {
  return `urn:ngsi-ld:Device:m-${number}`;
}

export interface WorldOptions {
  readonly settings?: Partial<WorkSettings>;
  readonly meters?: number;
  readonly seed?: number;
  /** A control: nothing is durable, whatever the disk says. */
  readonly syncIsALie?: boolean;
}

export interface Request {
  readonly id: string;
  readonly hash: string;
}

export class World {
  readonly clock = new SimulatedClock(NOW_MS);
  readonly disk: SimulatedDisk;
  /** The gateway's file lies elsewhere: a crash of ours does not touch it. */
  readonly #keyDisk = new SimulatedDisk({ random: seededRandom('keys') });
  readonly settings: WorkSettings;
  /** The broker: what the gateway wrote, and what the service showed. */
  readonly statements = new Map<string, string[]>();
  readonly controls: string[] = [];
  readonly shown = new Map<string, NgsiEntity>();
  readonly alerts: NgsiEntity[] = [];
  /** The agent and its meters. */
  readonly orders: OrderStatement[] = [];
  readonly breakers = new Map<string, { value: string; observedMs: number }>();
  readonly facts = new Map<string, DeviceFacts>();
  answers: (order: OrderStatement) => Sending = () => ({ kind: 'taken' });
  obeys = true;
  isBrokerAway = false;
  readonly #answers = new Map<string, Shown['answer']>();
  readonly #keys: Promise<{ gateway: Signer; service: Signer }>;
  readonly #random;
  #serial = 0;
  #life = 0;
  service: CommandService | undefined;
  journal: Journal | undefined;

  constructor({ settings = {}, meters = 2_000, seed = 1, syncIsALie = false }: WorldOptions = {}) {
    this.#random = seededRandom(seed);
    this.disk = new SimulatedDisk({ random: this.#random, syncIsALie });
    const simulated = new Map<string, string>();
    for (let number = 1; number <= Math.min(meters, 100); number += 1) {
      this.facts.set(deviceOf(number), { name: `Meter ${number}`, serialNumber: `SN${number}`, protection: undefined });
      simulated.set(deviceOf(number), `SN${number}`);
    }
    this.meters = meters;
    this.settings = {
      ...{ tenant: 'default', longestDelayMs: 0, orderValidMs: 300_000, smallFleet: 5, simulated },
      ...settings,
    };
    this.#keys = (async () => ({
      gateway: await createSigner(await newSigningKey()),
      service: await createSigner(await newSigningKey()),
    }))();
  }

  meters: number;

  /** Starts the service, or starts it again after a crash: with what is on disk. */
  async start(): Promise<CommandService> {
    const { gateway, service: signer } = await this.#keys;
    const disk = this.disk.boot();
    await this.#keyDisk.makeDirectory('/keys');
    await replaceFile(this.#keyDisk, KEY_FILE, new TextEncoder().encode(formatKeySet('default', gateway.publicKey)));
    const onFatal = (error: Error) => {
      throw error;
    };
    const journal = await openJournal({
      disk,
      clock: this.clock,
      directory: '/commands/journal',
      log: SILENT,
      onFatal,
    });
    this.journal = journal;
    const service = new CommandService({
      ...{ journal, signer, clock: this.clock, random: this.#random, log: SILENT, touched: new Set<string>() },
      ...{ settings: this.settings, context: this.#context() },
      reader: statementReader({ disk: this.#keyDisk, keyFile: KEY_FILE, tenant: this.settings.tenant }),
    });
    this.service = service;
    await service.resume();
    return service;
  }

  /** Lets so much time pass, a tick each quarter of a second and the broker asked each time. */
  async pass(ms: number, stepMs = 250): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(stepMs);
      await this.service?.intake().catch((error: unknown) => {
        if (!this.isBrokerAway) throw error;
      });
      // Signing takes real time, whatever the clock says.
      await this.service?.settled();
    }
    await this.clock.advance(0);
  }

  async ask(wanted: Partial<RequestStatement> = {}): Promise<Request> {
    this.#serial += 1;
    const id = `urn:ngsi-ld:CommandRequest:r-${this.#serial}`;
    const compact = await this.sign({
      ...{ kind: 'request', id, tenant: 'default', command: 'disconnect', targets: [deviceOf(1)], by: 'ana' },
      atMs: this.clock.nowMs(),
      ...wanted,
    });
    this.statements.set(id, [compact]);
    return { id, hash: await statementHash(compact) };
  }

  async decide({ id, hash }: Request, more: Partial<DecisionStatement> = {}): Promise<void> {
    const atMs = this.clock.nowMs();
    const compact = await this.sign({
      ...{ kind: 'approval', id, tenant: 'default', requestHash: hash, by: 'dan', atMs },
      ...{ authenticatedAtMs: atMs - 1_000, methods: ['pwd', 'otp'] },
      ...more,
    });
    this.statements.get(id)?.push(compact);
  }

  async say(kind: ControlStatement['kind'], by: string, more: Partial<ControlStatement> = {}): Promise<void> {
    const atMs = this.clock.nowMs();
    const base = { kind, tenant: 'default', by, atMs, authenticatedAtMs: atMs - 1_000, methods: ['pwd', 'otp'] };
    this.controls.push(await this.sign({ ...base, ...more }));
  }

  async sign(statement: Parameters<Signer['sign']>[0]): Promise<string> {
    return (await this.#keys).gateway.sign(statement);
  }

  statusOf({ id }: Pick<Request, 'id'>): unknown {
    return (this.shown.get(id)?.status as { value?: unknown } | undefined)?.value;
  }

  textOf({ id }: Pick<Request, 'id'>): unknown {
    return (this.shown.get(id)?.resultText as { value?: unknown } | undefined)?.value;
  }

  alarms(kind: string): number {
    return this.alerts.filter(({ id }) => id.startsWith(`urn:ngsi-ld:Alert:commands:${kind}:`)).length;
  }

  /** The meter speaks by itself. */
  shows(device: string, value: string): void {
    this.breakers.set(device, { value, observedMs: this.clock.nowMs() });
  }

  answer(orderId: string, state: string, text = ''): void {
    this.#answers.set(orderId, { state, text });
  }

  /** The world as the process of this life reaches it: one that has died does nothing any more. */
  #context(): CommandContext {
    this.#life += 1;
    const life = this.#life;
    const context = this.#living();
    const alive =
      <Args extends readonly unknown[], T>(work: (...args: Args) => Promise<T>) =>
      (...args: Args): Promise<T> =>
        life === this.#life ? work(...args) : new Promise<T>(() => undefined);
    return Object.fromEntries(
      Object.entries(context).map(([name, work]) => [
        name,
        alive(work as (...args: readonly unknown[]) => Promise<unknown>),
      ]),
    ) as unknown as CommandContext;
  }

  #living(): CommandContext {
    const away = () => {
      if (this.isBrokerAway) throw new Error('the broker is away');
    };
    return {
      pending: async () => {
        away();
        return [...this.statements].map(([id, statements]) => ({ id, statements: [...statements] }));
      },
      request: async (id) => {
        away();
        const statements = this.statements.get(id);
        return statements && { id, statements: [...statements] };
      },
      control: async () => {
        away();
        return [...this.controls];
      },
      devices: async (ids) => {
        away();
        return new Map(
          ids.flatMap((id) => [...(this.facts.has(id) ? [[id, this.facts.get(id)] as const] : [])]),
        ) as never;
      },
      meters: async () => this.meters,
      shown: async (asked) =>
        new Map(
          asked.map(({ device, orderId }) => [
            orderId,
            { answer: this.#answers.get(orderId), breaker: this.breakers.get(device), limit: undefined },
          ]),
        ),
      send: (device, command, order) => this.#send(device, command, order),
      tell: async (entities) => {
        away();
        for (const entity of entities) {
          if (entity.type === 'Alert') this.alerts.push(entity);
          else this.shown.set(entity.id, entity);
        }
      },
      forget: async (ids) => {
        for (const id of ids) {
          this.statements.delete(id);
          this.shown.delete(id);
        }
      },
    };
  }

  /** What an agent of ours does with an order it believes, and with one it has seen. */
  async #send(device: string, command: string, compact: string): Promise<Sending> {
    const { service } = await this.#keys;
    const verified = await verifyStatement(compact, service.publicKey, ['order']);
    if (verified.kind !== 'value' || verified.statement.kind !== 'order') throw new Error('not an order');
    const order = verified.statement;
    this.orders.push(order);
    const answer = this.answers(order);
    if (answer.kind === 'refused' || !this.obeys) return answer;
    if (command === 'disconnect') this.shows(device, 'disconnected');
    if (command === 'reconnect') this.shows(device, 'connected');
    if (command === 'read' || command === 'setClock') this.answer(order.id, 'OK', '{"totalActiveEnergyImport":1}');
    return answer;
  }
}
