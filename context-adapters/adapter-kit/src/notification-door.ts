/**
 * Where the broker's notifications come in (GS CIM 009 V1.9.1, 5.8.6). Answers 200 only after the handler has resolved, so that
 * "notified" means "its effect is durable"; anything else makes the broker try again. Forged notifications are turned away (T16).
 */

import {
  certificateOf,
  checkExposure,
  closeHttp,
  isLoopback,
  type Logger,
  listenHttp,
  type Random,
  type ServerCertificate,
  type SettingsTable,
  sameSecret,
  toHex,
  urlOf,
} from '@contor/kit';
import type { NgsiEntity } from '@contor/orion-config';
import express from 'express';

const SECRET_HEADER = 'X-Contor-Notify';
const SECRET_BYTES = 24;
/** The largest notification the platform's broker makes is a thousand entities. */
const MAX_BODY = '16mb';

/** Rows of a service whose broker is on another machine: `doorSettings('BILLING')`. */
export function doorSettings<const Prefix extends string>(prefix: Prefix) {
  return {
    tlsCert: {
      name: `${prefix}_TLS_CERT`,
      kind: 'path',
      optional: true,
      about: 'Certificate chain (PEM) of that address',
    },
    tlsKey: { name: `${prefix}_TLS_KEY`, kind: 'path', optional: true, about: 'Private key (PEM)' },
    notifyUrl: {
      name: `${prefix}_NOTIFY_URL`,
      kind: 'url',
      optional: true,
      about: 'Address the broker reaches it at, when it is another one',
    },
  } as const satisfies SettingsTable;
}

export interface NotificationDoorOptions {
  readonly host: string;
  /** 0 lets the system choose; the subscription is told at each start. */
  readonly port: number;
  /** The setting that chooses the port. */
  readonly setting: string;
  /** Beyond loopback: a certificate, its key and the platform's secret, which then guards figures too. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly secret?: string | undefined;
  readonly notifyUrl?: string | undefined;
  readonly random: Random;
  readonly log: Logger;
  readonly handle: (entities: readonly NgsiEntity[]) => Promise<void>;
  /** Served beside, for people and for Prometheus. */
  readonly health: () => { readonly state: string };
  readonly metrics: () => Promise<string>;
}

export interface NotificationDoor {
  readonly url: string;
  /** For `withCertificate`; undefined: it is plain, on loopback. */
  readonly certificate: ServerCertificate | undefined;
  /** What the subscription must make the broker send along. */
  readonly receiverInfo: readonly { readonly key: string; readonly value: string }[];
  close(): Promise<void>;
}

export async function openNotificationDoor(options: NotificationDoorOptions): Promise<NotificationDoor> {
  const { host, setting, random, log, handle, health, metrics, secret: platformSecret } = options;
  checkExposure({ ...options, prefix: setting.replace(/_PORT$/, '') });
  const secret = toHex(random.bytes(SECRET_BYTES));
  const app = express().disable('x-powered-by');
  app.get('/health', (_, response) => {
    const now = health();
    response.status(now.state === 'ready' || now.state === 'degraded' ? 200 : 503).json(now);
  });
  app.get('/metrics', async (request, response) => {
    const isKnown = isLoopback(host) || sameSecret(request.get('authorization') ?? '', `Bearer ${platformSecret}`);
    if (isKnown) response.type('text/plain').send(await metrics());
    else response.status(401).json({ title: 'Show the platform secret as a Bearer token' });
  });
  app.post('/notify', (request, response, next) => {
    if (sameSecret(request.get(SECRET_HEADER) ?? '', secret)) next();
    else response.status(401).json({ title: 'Only the broker may notify' });
  });
  app.post(
    '/notify',
    express.json({ limit: MAX_BODY, type: ['application/json', 'application/ld+json'] }),
    async (request, response) => {
      const entities = entitiesOf(request.body);
      if (entities === undefined) {
        response.status(400).json({ title: 'This is not a notification' });
        return;
      }
      try {
        await handle(entities);
        response.status(200).end();
      } catch (error) {
        log.warn({ error }, 'a notification could not be handled; the broker will repeat it');
        response.status(503).end();
      }
    },
  );

  const server = await listenHttp(options, app);
  return {
    url: options.notifyUrl ?? urlOf(server, { host }),
    certificate: certificateOf(server),
    receiverInfo: [{ key: SECRET_HEADER, value: secret }],
    close: () => closeHttp(server),
  };
}

function entitiesOf(body: unknown): readonly NgsiEntity[] | undefined {
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data)) return undefined;
  const isEntity = (item: unknown): item is NgsiEntity =>
    typeof item === 'object' && item !== null && 'id' in item && 'type' in item;
  return body.data.every(isEntity) ? body.data : undefined;
}
