/** The street that replicas poll: a line of meters over one port, which writes down every frame and who sent it. The witness of the lease checks. */

import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Ledger } from '../support/ledger.js';

export interface Frame {
  readonly device: string;
  readonly replica: string;
  readonly epoch: number;
  /** The order it carries out. */
  readonly order?: string;
  readonly atMs: number;
}

/** A meter thinks before it answers: this is what polling waits for. */
const THINK_MS = 300;
/** A meter shows one value for so long: whoever asks twice reads the same twice. */
const SLOT_MS = 1_000;

export class Street {
  readonly frames: Frame[] = [];
  readonly ledger = new Ledger();
  /** Readings that were handed over complete. */
  reads = 0;
  /** Of them, of a value that somebody had read before. */
  repeats = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
      // A replica that is killed: its lines end here, and that is all.
      const lines = createInterface({ input: socket }).on('error', () => undefined);
      lines.on('line', (line) => this.#hear(socket, line));
    });
  }

  async open(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  orders(): readonly Frame[] {
    return this.frames.filter(({ order }) => order !== undefined);
  }

  /** Frames of a replica that came after one of a later holder, for each device and each handing over of it. */
  overlaps(): readonly number[] {
    const counts: number[] = [];
    const byDevice = new Map<string, { epoch: number; replica: string; late: Map<string, number> }>();
    for (const { device, replica, epoch } of this.frames) {
      const now = byDevice.get(device);
      if (now === undefined || (epoch > now.epoch && replica !== now.replica)) {
        counts.push(...(now?.late.values() ?? []));
        byDevice.set(device, { epoch, replica, late: new Map() });
      } else if (replica !== now.replica) now.late.set(replica, (now.late.get(replica) ?? 0) + 1);
      else if (epoch > now.epoch) now.epoch = epoch;
    }
    for (const { late } of byDevice.values()) counts.push(...late.values());
    return counts;
  }

  /** Devices that nobody asked in this time. */
  silentSince(atMs: number, devices: readonly string[]): readonly string[] {
    const heard = new Set(this.frames.filter((frame) => frame.atMs >= atMs).map(({ device }) => device));
    return devices.filter((device) => !heard.has(device));
  }

  #hear(socket: Socket, line: string): void {
    const [number = '', replica = '', epoch = '', device = '', deed, about = '', ...rest] = line.split(' ');
    if (deed === 'acked') {
      const { atMs } = JSON.parse([about, ...rest].join(' ')) as { atMs: number };
      const sent = this.ledger.of(device).get(atMs);
      if (sent !== undefined) sent.acknowledged = true;
      this.reads += 1;
      return void socket.write(`${number} ok\n`);
    }
    const order = deed === 'command' ? { order: about } : {};
    this.frames.push({ device, replica, epoch: Number(epoch), atMs: performance.now(), ...order });
    setTimeout(() => socket.write(`${number} ${about === '3' ? this.#reading(device) : 'ok'}\n`), THINK_MS);
  }

  #reading(device: string): string {
    const atMs = Math.floor(Date.now() / SLOT_MS) * SLOT_MS;
    const value = (atMs / SLOT_MS) % 100_000;
    if (this.ledger.of(device).has(atMs)) this.repeats += 1;
    else this.ledger.send(device, atMs, value);
    return JSON.stringify({ atMs, value });
  }
}
