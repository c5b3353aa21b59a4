import { type GatedClient, gateAcks, type MessagePacket, type Settled } from '@contor/agent-kit';
import { describe, expect, it } from '@jest/globals';

class FakeLine {
  writable = true;
  readonly written: number[][] = [];
  write(bytes: Uint8Array): boolean {
    this.written.push([...bytes]);
    return true;
  }
}

interface Rig {
  readonly client: GatedClient & { stream: FakeLine };
  readonly settle: ((settled: Settled) => void)[];
  refusals: number;
  /** What mqtt.js got back: undefined reads on with its own ack, an error reads on without one. */
  readonly answers: (Error | undefined)[];
  drain(): Promise<void>;
  deliver(messageId: number, qos?: number): void;
}

function rig(): Rig {
  const client = { stream: new FakeLine(), handleMessage: () => undefined } as GatedClient & { stream: FakeLine };
  const settle: ((settled: Settled) => void)[] = [];
  const answers: (Error | undefined)[] = [];
  const made: Rig = {
    client,
    settle,
    answers,
    refusals: 0,
    drain: () => gate.drain(),
    deliver(messageId, qos = 1) {
      const packet: MessagePacket = { topic: '/t', payload: new Uint8Array(), qos, messageId };
      client.handleMessage(packet, (error) => answers.push(error));
    },
  };
  const gate = gateAcks(client, {
    take: () =>
      new Promise((resolve) => {
        settle.push(resolve);
      }),
    onRefused: () => {
      made.refusals += 1;
    },
  });
  return made;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const puback = (...ids: number[]): number[] => ids.flatMap((id) => [0x40, 2, id >> 8, id & 0xff]);

describe('the ack gate', () => {
  it('reads on at once and acks only what is stored', async () => {
    const { client, settle, answers, deliver } = rig();
    deliver(1);
    deliver(2);
    expect(answers).toHaveLength(2);
    expect(answers.every((answer) => answer instanceof Error)).toBe(true);
    await turn();
    expect(client.stream.written).toEqual([]);
    settle[0]?.('stored');
    await turn();
    expect(client.stream.written).toEqual([puback(1)]);
  });

  it('acks in the order of arrival, one write for all that are ready [MQTT-4.6.0-2]', async () => {
    const { client, settle, deliver } = rig();
    for (const id of [7, 300, 9]) deliver(id);
    settle[2]?.('stored');
    settle[1]?.('stored');
    await turn();
    expect(client.stream.written).toEqual([]);
    settle[0]?.('stored');
    await turn();
    expect(client.stream.written).toEqual([puback(7, 300, 9)]);
  });

  it('never acks on another connection than the message came on', async () => {
    const { client, settle, deliver } = rig();
    const old = client.stream;
    deliver(5);
    client.stream = new FakeLine();
    old.writable = false;
    settle[0]?.('stored');
    await turn();
    expect(old.written).toEqual([]);
    expect(client.stream.written).toEqual([]);
  });

  it('leaves what could not be stored unacked, and everything after it', async () => {
    const made = rig();
    made.deliver(1);
    made.deliver(2);
    made.settle[0]?.('not stored');
    made.settle[1]?.('stored');
    await turn();
    expect(made.client.stream.written).toEqual([]);
    expect(made.refusals).toBe(1);
  });

  it('leaves QoS 0 to the client', () => {
    const { answers, deliver } = rig();
    deliver(0, 0);
    expect(answers).toEqual([undefined]);
  });

  it('stops reading when too much waits for the disk, and reads on when it has caught up', async () => {
    const { settle, answers, deliver } = rig();
    for (let id = 1; id <= 10_000; id += 1) deliver(id);
    expect(answers).toHaveLength(9_999);
    for (const one of settle.slice(0, 5_000)) one('stored');
    await turn();
    expect(answers).toHaveLength(10_000);
  });

  it('drains: reads no further, and resolves when everything read is acked', async () => {
    const { client, settle, answers, deliver, drain } = rig();
    deliver(1);
    const drained = drain();
    deliver(2);
    expect(answers).toHaveLength(1);
    settle[0]?.('stored');
    settle[1]?.('stored');
    await drained;
    expect(client.stream.written.flat()).toEqual(puback(1, 2));
  });
});
