/**
 * DTLS on a UDP socket, in the shape of `node:dgram`: whoever speaks CoAP over one can speak it over the other. What arrives is plaintext,
 * and the sender's identity stands beside its address.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Clock, type Timer, TransportError } from '@contor/kit';
import { DtlsClient, type DtlsClientOptions } from '../session/dtls/client.js';
import { type DtlsEffect, WAKE_EVERY_MS } from '../session/dtls/effects.js';
import { DtlsServer, type DtlsServerOptions } from '../session/dtls/server.js';

export interface DtlsRemoteInfo extends RemoteInfo {
  readonly identity: string;
}

interface DtlsEvents {
  message: [plaintext: Buffer, remote: DtlsRemoteInfo];
  listening: [];
  close: [];
  error: [error: Error];
  /** A session has opened, closed, or not come about, or bytes were dropped: to be counted and logged. */
  session: [effect: Exclude<DtlsEffect, { kind: 'send' } | { kind: 'deliver' }>];
}

type Sent = (error: Error | null, bytes: number) => void;

/** What both ends share: effects are carried out, time is told. */
abstract class DtlsSocket extends EventEmitter<DtlsEvents> {
  protected readonly clock: Clock;
  readonly #socket: Socket;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(clock: Clock, family: 'udp4' | 'udp6') {
    super();
    this.clock = clock;
    this.#socket = createSocket(family);
    this.#socket.on('error', (error) =>
      this.emit('error', new TransportError('dtls.socket', 'The socket failed.', {}, error)),
    );
    this.#socket.on('close', () => this.emit('close'));
    this.#socket.on('listening', () => {
      this.#tick();
      this.emit('listening');
    });
    this.#socket.on('message', (datagram, { address, port }) =>
      this.carryOut(this.receive(peerOf(address, port), datagram, this.clock.monotonicMs())),
    );
  }

  address(): AddressInfo {
    return this.#socket.address();
  }

  /** Says goodbye to every peer, then closes. */
  close(): this {
    if (this.#isClosed) return this;
    this.#isClosed = true;
    this.#timer?.cancel();
    const goodbyes = this.goodbye().filter((effect) => effect.kind === 'send');
    let waiting = goodbyes.length;
    if (waiting === 0) this.#socket.close();
    for (const { peer, datagram } of goodbyes) {
      const [address, port] = endpointOf(peer);
      this.#socket.send(datagram, port, address, () => {
        waiting -= 1;
        if (waiting === 0) this.#socket.close();
      });
    }
    return this;
  }

  protected open(port: number, address?: string): this {
    this.#socket.bind(port, address);
    return this;
  }

  protected abstract receive(peer: string, datagram: Uint8Array, nowMs: number): readonly DtlsEffect[];
  protected abstract wake(nowMs: number): readonly DtlsEffect[];
  protected abstract goodbye(): readonly DtlsEffect[];

  protected carryOut(effects: readonly DtlsEffect[], sent?: Sent): void {
    if (this.#isClosed) return;
    for (const effect of effects) {
      const [address, port] = endpointOf(effect.peer);
      if (effect.kind === 'send') this.#socket.send(effect.datagram, port, address, sent ?? ignoreLoss);
      else if (effect.kind === 'deliver') {
        const { plaintext, identity } = effect;
        const family = address.includes(':') ? 'IPv6' : 'IPv4';
        this.emit('message', Buffer.from(plaintext), { address, port, family, size: plaintext.length, identity });
      } else this.emit('session', effect);
    }
  }

  #tick(): void {
    if (this.#isClosed) return;
    this.#timer = this.clock.after(WAKE_EVERY_MS, () => {
      this.carryOut(this.wake(this.clock.monotonicMs()));
      this.#tick();
    });
  }
}

export interface DtlsSocketOptions {
  readonly clock: Clock;
  readonly family?: 'udp4' | 'udp6';
}

export class DtlsServerSocket extends DtlsSocket {
  readonly #server: DtlsServer;
  readonly #loopback: string;

  constructor(options: DtlsServerOptions & DtlsSocketOptions) {
    super(options.clock, options.family ?? 'udp4');
    this.#server = new DtlsServer(options);
    this.#loopback = options.family === 'udp6' ? '::1' : '127.0.0.1';
  }

  /** Unlike `node:dgram` on loopback, until told otherwise. */
  bind(port = 0, address = this.#loopback): this {
    return this.open(port, address);
  }

  get sessions(): DtlsServer['sessions'] {
    return this.#server.sessions;
  }

  /** As of `node:dgram`; with whom there is no session, to them nothing can be sent. */
  send(plaintext: Uint8Array, port: number, address: string, sent?: Sent): void {
    const effects = this.#server.send(peerOf(address, port), plaintext);
    if (effects.length === 0) sent?.(new TransportError('dtls.no-session', 'There is no session with the peer.'), 0);
    this.carryOut(effects, sent);
  }

  protected override receive(peer: string, datagram: Uint8Array, nowMs: number): readonly DtlsEffect[] {
    return this.#server.receive(peer, datagram, nowMs);
  }

  protected override wake(nowMs: number): readonly DtlsEffect[] {
    return this.#server.wake(nowMs);
  }

  protected override goodbye(): readonly DtlsEffect[] {
    return this.#server.closeAll();
  }
}

export class DtlsClientSocket extends DtlsSocket {
  readonly #peer: string;
  readonly #client: DtlsClient;

  constructor(options: Omit<DtlsClientOptions, 'peer'> & DtlsSocketOptions & { port: number; address: string }) {
    super(options.clock, options.family ?? 'udp4');
    this.#peer = peerOf(options.address, options.port);
    this.#client = new DtlsClient({ ...options, peer: this.#peer });
    this.once('listening', () => this.carryOut(this.#client.start(this.clock.monotonicMs())));
    this.open(0);
  }

  send(plaintext: Uint8Array, sent?: Sent): void {
    const effects = this.#client.send(plaintext);
    if (effects.length === 0) sent?.(new TransportError('dtls.no-session', 'There is no session with the server.'), 0);
    this.carryOut(effects, sent);
  }

  protected override receive(peer: string, datagram: Uint8Array, nowMs: number): readonly DtlsEffect[] {
    return peer === this.#peer ? this.#client.receive(datagram, nowMs) : [];
  }

  protected override wake(nowMs: number): readonly DtlsEffect[] {
    return this.#client.wake(nowMs);
  }

  protected override goodbye(): readonly DtlsEffect[] {
    return this.#client.close();
  }
}

/** A datagram that is lost is sent again by whoever wants an answer. */
function ignoreLoss(): void {}

function peerOf(address: string, port: number): string {
  return `${address}|${port}`;
}

function endpointOf(peer: string): readonly [address: string, port: number] {
  const at = peer.lastIndexOf('|');
  return [peer.slice(0, at), Number(peer.slice(at + 1))];
}
