/** A connection by `amqplib`, reduced to what the intake needs. Plain only to this machine. */

import { ConfigError, isLoopback } from '@contor/kit';
import { type ChannelModel, type ConsumeMessage, connect } from 'amqplib';

export interface AmqpMessage {
  readonly content: Uint8Array;
  readonly fields: { readonly routingKey: string };
  readonly properties: { readonly userId?: string | undefined };
}

export interface AmqpLine {
  /** Begins to deliver. `undefined`: the broker has ended it. */
  consume(queue: AmqpQueue, onMessage: (message: AmqpMessage | undefined) => void): Promise<void>;
  ack(message: AmqpMessage): void;
  /** No further deliveries; acks still go out. */
  cancel(): Promise<void>;
  onClosed(listener: (error: Error | undefined) => void): void;
  close(): Promise<void>;
}

export interface AmqpQueue {
  readonly name: string;
  readonly exchange: string;
  readonly bindings: readonly string[];
  readonly prefetch: number;
}

export interface AmqpAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** Both sides notice a dead line after two of these. */
const HEARTBEAT_S = 20;
const CONNECT_TIMEOUT_MS = 10_000;

/** Throws when the address is none we would connect to. */
export function checkAmqpUrl(url: string, setting: string): void {
  const { protocol, hostname, username } = new URL(url);
  const fault = (code: string, message: string, fix: string) => new ConfigError([{ code, message, fix }]);
  if (protocol !== 'amqp:' && protocol !== 'amqps:')
    throw fault('config.amqp', `${setting} is no address of AMQP.`, 'Write amqp://host:port/vhost, or amqps://.');
  if (username !== '')
    throw fault(
      'config.amqp-password',
      `${setting} holds a user.`,
      'Set AGENT_JSON_AMQP_USERNAME and AGENT_JSON_AMQP_PASSWORD.',
    );
  if (protocol === 'amqp:' && !isLoopback(hostname))
    throw fault('config.exposed', `${setting} leads to another machine in plain text.`, 'Use amqps://.');
}

/** For consumers and for simulated meters. */
export async function connectAmqp({ url, username, password }: AmqpAccess): Promise<ChannelModel> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const isSecure = protocol === 'amqps:';
  const model = await connect(
    {
      ...{ protocol: isSecure ? 'amqps' : 'amqp', hostname: hostname.replace(/^\[|\]$/g, ''), username, password },
      ...{ port: Number(port) || (isSecure ? 5671 : 5672), heartbeat: HEARTBEAT_S },
      vhost: decodeURIComponent(pathname.slice(1)) || '/',
    },
    { timeout: CONNECT_TIMEOUT_MS, ...(isSecure && { servername: hostname }) },
  );
  // Every error is followed by `close`, which is what counts.
  model.on('error', () => undefined);
  return model;
}

export async function dialAmqp(access: AmqpAccess): Promise<AmqpLine> {
  const model = await connectAmqp(access);
  const channel = await model.createChannel();
  const delivered = new WeakMap<AmqpMessage, ConsumeMessage>();
  let tag: string | undefined;
  return {
    async consume({ name, exchange, bindings, prefetch }, onMessage) {
      await channel.prefetch(prefetch);
      // The exchanges a broker brings along are there, and nobody may declare them.
      if (exchange.startsWith('amq.')) await channel.checkExchange(exchange);
      else await channel.assertExchange(exchange, 'topic', { durable: true });
      await channel.assertQueue(name, { durable: true });
      for (const pattern of bindings) await channel.bindQueue(name, exchange, pattern);
      const { consumerTag } = await channel.consume(name, (message) => {
        if (message === null) return onMessage(undefined);
        const userId: unknown = message.properties.userId;
        const { content, fields } = message;
        const one = { content, fields, properties: typeof userId === 'string' ? { userId } : {} };
        delivered.set(one, message);
        onMessage(one);
      });
      tag = consumerTag;
    },
    ack(message) {
      const original = delivered.get(message);
      if (original !== undefined) channel.ack(original);
    },
    async cancel() {
      if (tag !== undefined) await channel.cancel(tag);
    },
    onClosed(listener) {
      let isTold = false;
      const tell = (error: Error | undefined): void => {
        if (!isTold) listener(error);
        isTold = true;
      };
      model.on('close', tell);
      // A channel alone closes when the broker refuses something we did: the connection is then of no use either.
      channel.on('error', (error) => void model.close().catch(() => tell(error)));
      channel.on('close', () => tell(undefined));
    },
    close: () => model.close(),
  };
}
