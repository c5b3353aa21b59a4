/**
 * Power cuts against the durable log, on the simulated disk: concurrent writers, a cut in the middle of a random operation
 * (recovery included), and after each cut a comparison with a ledger that the log never sees.
 *
 * lost: acknowledged but absent. ghost: present but never sent, or dead since an earlier cut. doubled: present twice.
 * misordered: present, but not in the order in which it was sent. Two controls must be caught: a disk whose syncs are lies,
 * and an acknowledgement before the commit.
 */

import { fileURLToPath } from 'node:url';
import {
  type DurableLog,
  LogFullError,
  openDurableLog,
  type Random,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
} from '@contor/kit';

export interface PowercutOptions {
  readonly cuts: number;
  readonly seed: number | string;
  /** Control: syncs are lies. */
  readonly fsyncOff?: boolean;
  /** Control: the ledger notes an acknowledgement as soon as a record is handed over. */
  readonly ackBeforeCommit?: boolean;
}

export interface PowercutFigures {
  readonly check: 'powercut-log';
  readonly seed: number | string;
  readonly cuts: number;
  readonly appended: number;
  readonly acked: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly doubled: number;
  readonly misordered: number;
  /** Cuts after which something acknowledged was missing. */
  readonly cutsWithLoss: number;
  /** Further cuts, that came before recovery from the one before had ended. */
  readonly cutsInRecovery: number;
  readonly tornBytes: number;
  /** Ranges reported as damaged: none, because a cut alone damages nothing that was durable. */
  readonly damaged: number;
  readonly fatals: number;
}

interface Entry {
  readonly writer: number;
  readonly payload: Uint8Array;
  isAcked: boolean;
}

const WRITERS = 12;
const MOST_OPERATIONS_TO_CUT = 150;
const LARGEST_FILLER = 3000;
const SEGMENT_BYTES = 128 * 1024;
const MAX_BYTES = 2 ** 21;

export async function powercutLog(options: PowercutOptions): Promise<PowercutFigures> {
  const random = seededRandom(options.seed);
  const disk = new SimulatedDisk({ random, syncIsALie: options.fsyncOff ?? false });
  const run = new Run(disk, random, options.ackBeforeCommit ?? false);
  for (let cut = 0; cut < options.cuts; cut += 1) await run.cycle();
  await run.compareAfterCut();
  return { check: 'powercut-log', seed: options.seed, cuts: options.cuts, ...run.figures };
}

class Run {
  readonly #disk: SimulatedDisk;
  readonly #random: Random;
  readonly #ackBeforeCommit: boolean;
  readonly #ledger = new Map<number, Entry>();
  #nextId = 1;
  /** Everything up to here was given up on purpose. */
  #released = 0;
  readonly figures = {
    appended: 0,
    acked: 0,
    lost: 0,
    ghosts: 0,
    doubled: 0,
    misordered: 0,
    cutsWithLoss: 0,
    cutsInRecovery: 0,
    tornBytes: 0,
    damaged: 0,
    fatals: 0,
  };

  constructor(disk: SimulatedDisk, random: Random, ackBeforeCommit: boolean) {
    this.#disk = disk;
    this.#random = random;
    this.#ackBeforeCommit = ackBeforeCommit;
  }

  /** Power comes, the log opens, is compared and written to, power goes; one time in four it also goes while it opens. */
  async cycle(): Promise<void> {
    const log = await this.compareAfterCut();
    const cut = this.#cutWithin(MOST_OPERATIONS_TO_CUT);
    for (let writer = 0; writer < WRITERS; writer += 1) void this.#write(log, writer);
    if (log.bytes > MAX_BYTES / 2) void this.#release(log);
    await cut;
  }

  async compareAfterCut(): Promise<DurableLog> {
    const lostBefore = this.figures.lost;
    if (this.#random.integer(4) === 0) await this.#cutWhileOpening();
    const operationsBefore = this.#disk.operations;
    const log = await this.#open();
    await this.#compare(log);
    this.#operationsToOpen = this.#disk.operations - operationsBefore;
    if (this.figures.lost > lostBefore) this.figures.cutsWithLoss += 1;
    return log;
  }

  async #cutWhileOpening(): Promise<void> {
    const cut = this.#cutWithin(this.#operationsToOpen);
    const reading = this.#open().then((log) => this.#compare(log));
    if (await Promise.race([reading.then(() => false), cut.then(() => true)])) this.figures.cutsInRecovery += 1;
    else this.#disk.crash();
  }

  #operationsToOpen = MOST_OPERATIONS_TO_CUT;

  #cutWithin(operations: number): Promise<void> {
    return this.#disk.crashAfter(1 + this.#random.integer(operations));
  }

  async #open(): Promise<DurableLog> {
    return openDurableLog({
      disk: this.#disk.boot(),
      clock: new SimulatedClock(0),
      directory: '/data/log',
      kind: 'powercut',
      version: 1,
      maxBytes: MAX_BYTES,
      segmentBytes: SEGMENT_BYTES,
      onFatal: () => {
        this.figures.fatals += 1;
      },
    });
  }

  /** Judges what is there. Whatever is there now has been reported durable and must stay; what is not must stay away. */
  async #compare(log: DurableLog): Promise<void> {
    const found = new Map<number, number>();
    const newestOfWriter = new Map<number, number>();
    const judged = { ghosts: 0, doubled: 0, misordered: 0 };
    let lastSequence = 0;
    for await (const { sequence, payload } of log.read(1)) {
      const id = Number(Buffer.from(payload).readBigUInt64BE(0));
      const entry = this.#ledger.get(id);
      if (!entry || Buffer.compare(entry.payload, payload) !== 0) {
        judged.ghosts += 1;
        continue;
      }
      if (found.has(id)) judged.doubled += 1;
      if (sequence <= lastSequence || id < (newestOfWriter.get(entry.writer) ?? 0)) judged.misordered += 1;
      lastSequence = sequence;
      newestOfWriter.set(entry.writer, id);
      found.set(id, sequence);
    }
    const lost = [...this.#ledger].filter(
      ([id, entry]) => entry.isAcked && !found.has(id) && !this.#isReleased(id, log),
    );
    for (const [id, entry] of this.#ledger) {
      if (found.has(id)) entry.isAcked = true;
      else this.#ledger.delete(id);
    }
    this.#sequences = found;
    this.figures.lost += lost.length;
    this.figures.ghosts += judged.ghosts;
    this.figures.doubled += judged.doubled;
    this.figures.misordered += judged.misordered;
    this.figures.tornBytes += log.report.tornBytes;
    this.figures.damaged += log.report.damaged.length;
  }

  /** Sequences of what was acknowledged or found, to know what a release took away. */
  #sequences = new Map<number, number>();

  #isReleased(id: number, log: DurableLog): boolean {
    const sequence = this.#sequences.get(id);
    return sequence !== undefined && sequence <= this.#released && sequence < log.tail;
  }

  /** One writer: the next record when the one before is acknowledged. After the cut its promise never settles. */
  async #write(log: DurableLog, writer: number): Promise<void> {
    for (;;) {
      const id = this.#nextId;
      this.#nextId += 1;
      const payload = this.#payload(id);
      const entry: Entry = { writer, payload, isAcked: this.#ackBeforeCommit };
      this.#ledger.set(id, entry);
      this.figures.appended += 1;
      try {
        this.#sequences.set(id, await log.append(payload));
      } catch (error) {
        // Refused, nothing kept: it may never be found, so the ledger forgets it.
        this.#ledger.delete(id);
        if (!(error instanceof LogFullError)) return;
        await this.#release(log);
        continue;
      }
      entry.isAcked = true;
      this.figures.acked += 1;
    }
  }

  async #release(log: DurableLog): Promise<void> {
    const upTo = log.tail + this.#random.integer(Math.max(1, log.head - log.tail));
    this.#released = Math.max(this.#released, upTo);
    await log.release(upTo);
  }

  #payload(id: number): Uint8Array {
    const payload = Buffer.from(this.#random.bytes(8 + this.#random.integer(LARGEST_FILLER)));
    payload.writeBigUInt64BE(BigInt(id), 0);
    return payload;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cuts = Number(process.argv[2] ?? 300);
  const seed = process.argv[3] ?? 'contor';
  const honest = await powercutLog({ cuts, seed });
  const fsyncOff = await powercutLog({ cuts: Math.min(cuts, 50), seed, fsyncOff: true });
  const ackBeforeCommit = await powercutLog({ cuts: Math.min(cuts, 50), seed, ackBeforeCommit: true });
  const controls = {
    fsyncOff: fsyncOff.cutsWithLoss / fsyncOff.cuts,
    ackBeforeCommit: ackBeforeCommit.cutsWithLoss / ackBeforeCommit.cuts,
  };
  process.stdout.write(`${JSON.stringify({ ...honest, controls })}\n`);
  const isGood =
    honest.lost + honest.ghosts + honest.doubled + honest.misordered + honest.damaged + honest.fatals === 0;
  process.exitCode = isGood && controls.fsyncOff >= 0.9 && controls.ackBeforeCommit > 0.5 ? 0 : 1;
}
