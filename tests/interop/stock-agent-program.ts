/**
 * A small IoT Agent on the FIWARE Foundation's own library, as its tutorials make one: a process of its own, told by its
 * parent what to measure, telling its parent which commands arrive. The library lies in the folder of the first argument.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';

interface Value {
  readonly name: string;
  readonly type: string;
  readonly value: unknown;
  readonly metadata?: object;
}

type Done = (error?: unknown, result?: unknown) => void;

/** The part of the library that an agent needs. */
interface AgentLibrary {
  activate(config: object, done: Done): void;
  getDevice(
    id: string,
    apikey: string,
    service: string,
    path: string,
    done: (error: unknown, device: object) => void,
  ): void;
  update(entity: string, type: string, apikey: string, values: readonly Value[], device: object, done: Done): void;
  setCommandHandler(
    handle: (id: string, type: string, service: string, path: string, values: Value[], done: Done) => void,
  ): void;
  setDataUpdateHandler(
    handle: (id: string, type: string, service: string, path: string, values: Value[], done: Done) => void,
  ): void;
  setDataQueryHandler(
    handle: (id: string, type: string, service: string, path: string, names: string[], done: Done) => void,
  ): void;
  setCommandResult(
    entity: string,
    resource: string,
    apikey: string,
    command: string,
    result: string,
    status: string,
    device: object,
    done: Done,
  ): void;
  logModule: { setLevel(level: string): void };
}

/** What the parent may ask for. */
export type Order =
  | {
      readonly kind: 'measure';
      readonly device: string;
      readonly entity: string;
      readonly type: string;
      readonly values: readonly Value[];
    }
  | {
      readonly kind: 'result';
      readonly device: string;
      readonly entity: string;
      readonly command: string;
      readonly status: string;
      readonly text: string;
    };

/** What the parent hears. */
export type Report =
  | { readonly kind: 'ready' | 'done' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'command'; readonly id: string; readonly name: string; readonly value: unknown }
  | { readonly kind: 'asked'; readonly id: string; readonly names: readonly string[] };

export const SERVICE = 'stock';
export const SERVICE_PATH = '/meters';
export const LAZY_VALUE = 42.5;
const API_KEY = 'stock-key';

function say(report: Report): void {
  process.send?.(report);
}

function main([folder = '', brokerUrl = '', port = '', context = '']: readonly string[]): void {
  const library: AgentLibrary = createRequire(join(folder, 'package.json'))('iotagent-node-lib');
  const broker = new URL(brokerUrl);
  library.logModule.setLevel('FATAL');
  const done: Done = (error) =>
    say(error ? { kind: 'failed', reason: JSON.stringify(error, ['name', 'message', 'code']) } : { kind: 'done' });
  const config = {
    logLevel: 'FATAL',
    contextBroker: { host: broker.hostname, port: broker.port, ngsiVersion: 'ld', jsonLdContext: context },
    server: { host: '127.0.0.1', port: Number(port) },
    deviceRegistry: { type: 'memory' },
    providerUrl: `http://127.0.0.1:${port}`,
    types: {},
    ...{ service: SERVICE, subservice: SERVICE_PATH, defaultType: 'Thing', defaultKey: API_KEY },
    ...{ deviceRegistrationDuration: 'P1M', defaultResource: '/iot/stock' },
  };
  library.activate(config, (error) => {
    if (error) return done(error);
    library.setCommandHandler((id, _type, _service, _path, values, answer) => {
      for (const { name, value } of values) say({ kind: 'command', id, name, value });
      answer();
    });
    library.setDataUpdateHandler((_id, _type, _service, _path, _values, answer) => answer());
    library.setDataQueryHandler((id, type, _service, _path, names, answer) => {
      say({ kind: 'asked', id, names });
      const values = names.map((name) => [name, { type: 'Property', value: LAZY_VALUE }]);
      answer(null, { id, type, ...Object.fromEntries(values) });
    });
    return say({ kind: 'ready' });
  });
  process.on('message', (order: Order) => {
    library.getDevice(order.device, API_KEY, SERVICE, SERVICE_PATH, (error, device) => {
      if (error) return done(error);
      if (order.kind === 'measure')
        return library.update(order.entity, order.type, API_KEY, order.values, device, done);
      const { entity, command, status, text } = order;
      return library.setCommandResult(entity, '/iot/stock', API_KEY, command, text, status, device, done);
    });
  });
}

if (process.send !== undefined) main(process.argv.slice(2));
