/**
 * Meters outside the system, with the ledger: each has a connection of its own, publishes E350 messages at QoS 1 with a time of its own
 * and a register that never repeats, and notes what was acknowledged. An unacknowledged message is sent again after a reconnect, as MQTT
 * asks of a client.
 */

import mqtt, { type MqttClient } from 'mqtt';
import { Ledger } from './ledger.js';
import { API_KEY, type Meter, type MeteringPath } from './metering-path.js';

export interface MeterFleet {
  readonly ledger: Ledger;
  /** Stops sending, waits for acknowledgements still on their way, disconnects. */
  stop(): Promise<void>;
}

export interface MeterFleetOptions {
  readonly path: MeteringPath;
  readonly messagesASecondEach: number;
}

/** A meter holds so many messages back at most; then it waits, as a meter with little memory does. */
const MAX_IN_FLIGHT = 50;
const LAST_ACKS_MS = 30_000;
const RESEND_MS = 100;

export async function startMeterFleet({ path, messagesASecondEach }: MeterFleetOptions): Promise<MeterFleet> {
  const ledger = new Ledger();
  const startMs = Math.floor(Date.now() / 1000) * 1000;
  const members = path.meters.map((meter) => startMeter(meter, path.mqttUrl, ledger, startMs));
  const timers = members.map((member) => setInterval(member.publish, 1000 / messagesASecondEach));
  let stopped: Promise<void> | undefined;
  return {
    ledger,
    stop() {
      stopped ??= (async () => {
        for (const timer of timers) clearInterval(timer);
        const deadline = Date.now() + LAST_ACKS_MS;
        while (members.some((member) => member.inFlight() > 0) && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 100));
        await Promise.all(members.map(({ client }) => client.endAsync(true)));
      })();
      return stopped;
    },
  };
}

function startMeter(meter: Meter, url: string, ledger: Ledger, startMs: number) {
  const client: MqttClient = mqtt.connect(url, {
    username: meter.id,
    password: meter.password,
    clientId: meter.id,
    clean: false,
    reconnectPeriod: 200,
    connectTimeout: 5_000,
  });
  // A refused or reset connection is what this check is about; the client reconnects by itself.
  client.on('error', () => undefined);
  let sequence = 0;
  let inFlight = 0;
  const topic = `/json/${API_KEY}/${meter.id}/attrs`;
  const publish = () => {
    if (inFlight >= MAX_IN_FLIGHT) return;
    sequence += 1;
    inFlight += 1;
    const atMs = startMs + sequence * 1000;
    const energy = sequence / 1000;
    const entry = ledger.send(meter.id, atMs, energy);
    const payload = messageOf(atMs, sequence, energy);
    const send = () =>
      client.publish(topic, payload, { qos: 1 }, (error) => {
        // mqtt.js gives a message back that was queued behind others when the line broke: a meter sends it again.
        if (error != null && !client.disconnecting) {
          setTimeout(send, RESEND_MS);
          return;
        }
        inFlight -= 1;
        if (error == null) entry.acknowledged = true;
      });
    send();
  };
  return { client, publish, inFlight: () => inFlight };
}

/** The eight values of an E350 and its events (docs/agents/json.md). */
export function messageOf(atMs: number, sequence: number, energyImport: number): string {
  return JSON.stringify({
    timestamp: new Date(atMs).toISOString(),
    seq: sequence,
    energyImport,
    energyExport: 0,
    powerL1: 100 + (sequence % 50),
    powerL2: 200,
    powerL3: 300,
    voltageL1: 230.1,
    voltageL2: 229.8,
    voltageL3: 231.2,
    events: [],
  });
}
