/**
 * A meter for checks that does whatever it hears on its `…/cmd`, every time, without looking: so that what the platform must prevent is not
 * prevented by the meter. It counts, and shows its breaker.
 */

import { connectAsync, type MqttClient } from 'mqtt';

export interface Execution {
  readonly device: string;
  readonly command: string;
  readonly order: string | undefined;
  readonly atMs: number;
  readonly notAfterMs: number;
}

export interface NaiveMeterOptions {
  readonly mqttUrl: string;
  readonly apiKey: string;
  readonly deviceId: string;
  readonly password: string;
  /** Every meter of a check writes into one list. */
  readonly executions: Execution[];
  /** A meter that does what it is told and says nothing. */
  readonly isMute?: boolean;
}

export class NaiveMeter {
  readonly #options: NaiveMeterOptions;
  readonly #client: MqttClient;
  breaker: 'connected' | 'disconnected' = 'connected';

  private constructor(options: NaiveMeterOptions, client: MqttClient) {
    this.#options = options;
    this.#client = client;
    client.on('message', (_topic, payload) => this.#obey(payload));
  }

  static async open(options: NaiveMeterOptions): Promise<NaiveMeter> {
    const { mqttUrl, deviceId, password, apiKey } = options;
    const account = { clientId: deviceId, username: deviceId, password, reconnectPeriod: 200 };
    const client = await connectAsync(mqttUrl, account);
    const meter = new NaiveMeter(options, client);
    await client.subscribeAsync(`/json/${apiKey}/${deviceId}/cmd`, { qos: 1 });
    client.on(
      'connect',
      () => void client.subscribeAsync(`/json/${apiKey}/${deviceId}/cmd`, { qos: 1 }).catch(() => undefined),
    );
    client.on('error', () => undefined);
    await meter.report();
    return meter;
  }

  /** Its registers and its breaker, now. */
  async report(): Promise<void> {
    const measure = { timestamp: new Date().toISOString(), energyImport: 1, breaker: this.breaker };
    await this.#publish('attrs', measure);
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #obey(payload: Uint8Array): void {
    const { deviceId, executions, isMute } = this.#options;
    for (const [command, value] of Object.entries(
      JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>,
    )) {
      const { order, notAfter } = value as { readonly order?: string; readonly notAfter?: string };
      executions.push({ device: deviceId, command, order, atMs: Date.now(), notAfterMs: Date.parse(notAfter ?? '') });
      if (command === 'disconnect') this.breaker = 'disconnected';
      if (command === 'reconnect') this.breaker = 'connected';
      if (isMute) continue;
      void this.#publish('cmdexe', { [command]: { order, result: this.breaker } }).catch(() => undefined);
      setTimeout(() => void this.report().catch(() => undefined), 20);
    }
  }

  async #publish(channel: string, value: object): Promise<void> {
    const { apiKey, deviceId } = this.#options;
    await this.#client.publishAsync(`/json/${apiKey}/${deviceId}/${channel}`, JSON.stringify(value), { qos: 1 });
  }
}
