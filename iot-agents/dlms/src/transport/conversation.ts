/**
 * A conversation with one meter as promises: the client's effects are carried out on a line, and what it tells comes back to who
 * asked. One request at a time; a refused one rejects nothing, for the association stands.
 */

import { type Clock, type Line, ProtocolError, type Timer, TransportError, toError } from '@contor/kit';
import type { ClientEffect, DlmsClient, Notification } from '../session/client.js';
import type { Outcome, Request } from '../session/exchange.js';
import type { Accepted } from '../session/opening.js';

export interface ConversationFigures {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Conversation {
  readonly figures: ConversationFigures;
  /** Rejects with a ProtocolError (refused, silent, no meter of ours) or a TransportError. */
  open(): Promise<Accepted>;
  /** The meter's refusal of a whole service is a value; a broken conversation rejects. */
  ask(request: Request): Promise<Outcome | ProtocolError>;
  /** Releases what stands, and closes the line in any case. */
  close(): Promise<void>;
}

export interface ConversationOptions {
  readonly line: Line;
  readonly clock: Clock;
  readonly client: DlmsClient;
  readonly onNotification?: (apdu: Notification) => void;
  /** Ends the conversation at once. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  resolve(effect: ClientEffect): void;
  reject(error: Error): void;
}

export function converseOver({ line, clock, client, onNotification, signal }: ConversationOptions): Conversation {
  let waiting: Waiting | undefined;
  let timer: Timer | undefined;
  let ended: Error | undefined;
  let bytesIn = 0;
  let bytesOut = 0;

  function end(error: Error): void {
    ended ??= error;
    timer?.cancel();
    const { reject } = waiting ?? {};
    waiting = undefined;
    reject?.(error);
  }

  function carry(effects: readonly ClientEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        bytesOut += effect.bytes.length;
        line.write(effect.bytes).catch((error: unknown) => end(toError(error)));
      } else if (effect.kind === 'notification') onNotification?.(effect.apdu);
      else if (effect.kind === 'fail') end(effect.error);
      else {
        const { resolve } = waiting ?? {};
        waiting = undefined;
        resolve?.(effect);
      }
    }
    timer?.cancel();
    const { deadlineMs } = client;
    if (ended === undefined && deadlineMs !== undefined)
      timer = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), () => carry(client.wake(clock.monotonicMs())));
  }

  async function listen(): Promise<void> {
    try {
      for await (const chunk of line.chunks()) {
        bytesIn += chunk.length;
        carry(client.hear(chunk, clock.monotonicMs()));
      }
      end(new TransportError('transport.closed', 'The other side closed the line.', { peer: line.peer }));
    } catch (error) {
      end(toError(error));
    }
  }

  function told(begin: () => readonly ClientEffect[]): Promise<ClientEffect> {
    return new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      waiting = { resolve, reject };
      carry(begin());
    });
  }

  const aborted = (): void => end(new ProtocolError('dlms.aborted', 'The conversation was called off.', {}));
  // A signal that was given before is not given again.
  if (signal?.aborted === true) aborted();
  signal?.addEventListener('abort', aborted, { once: true });
  void listen();

  return {
    get figures() {
      return { bytesIn, bytesOut };
    },
    async open() {
      const effect = await told(() => client.open(clock.monotonicMs()));
      if (effect.kind === 'associated') return effect.accepted;
      throw new ProtocolError('dlms.state', 'The meter did not associate.', { kind: effect.kind });
    },
    async ask(request) {
      const effect = await told(() => client.ask(request, clock.monotonicMs()));
      if (effect.kind === 'outcome') return effect.outcome;
      if (effect.kind === 'refused') return effect.error;
      throw new ProtocolError('dlms.state', 'The meter did not answer the question.', { kind: effect.kind });
    },
    async close() {
      signal?.removeEventListener('abort', aborted);
      if (ended === undefined) await told(() => client.release(clock.monotonicMs())).catch(() => undefined);
      ended ??= new TransportError('transport.closed', 'The conversation is over.', {});
      timer?.cancel();
      await line.close().catch(() => undefined);
    },
  };
}
