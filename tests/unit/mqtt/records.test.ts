import { decodeRecord, encodeRecord, type StoreRecord } from '@contor/mqtt/records.js';
import { encodePublish, encodePubrel } from '@contor/mqtt/wire.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';

const plain = (record: StoreRecord): unknown => ({
  ...record,
  ...('payload' in record && { payload: [...record.payload] }),
});

const index = fc.nat(2 ** 50);
const records: fc.Arbitrary<StoreRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    topic: fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' }),
    payload: fc.uint8Array({ maxLength: 500 }),
    qos: fc.integer({ min: 0, max: 2 }),
    isRetained: fc.boolean(),
    isSole: fc.boolean(),
    targets: fc.array(fc.record({ session: fc.nat(), index, qos: fc.integer({ min: 0, max: 2 }) }), { maxLength: 5 }),
    inbound: fc.record({ clientId: fc.string(), packetId: fc.nat(65_535) }),
  }),
  fc.record({ kind: fc.constant('retained' as const), topic: fc.string(), qos: fc.nat(2), payload: fc.uint8Array() }),
  fc.record({ kind: fc.constant('unsubscribed' as const), session: fc.nat(), filters: fc.array(fc.string()) }),
  fc.record({ kind: fc.constant('ended' as const), session: fc.nat() }),
);

describe('records of the log', () => {
  it('come back as they went', () =>
    fc.assert(
      fc.property(records, (record) => expect(plain(decodeRecord(encodeRecord(record)))).toEqual(plain(record))),
    ));

  it('of version 1 are still read', () => {
    const sample = Buffer.from('0009010078010007000000000000000000084001796f', 'hex');
    expect(plain(decodeRecord(sample))).toMatchObject({
      kind: 'message',
      topic: 'x',
      qos: 1,
      isSole: true,
      targets: [{ session: 7, index: 3, qos: 1 }],
      payload: [0x79, 0x6f],
    });
  });
});

describe('packets to subscribers', () => {
  it('are what mqtt-packet makes', () =>
    fc.assert(
      fc.property(
        fc.record({
          topic: fc.string({ minLength: 1, maxLength: 200 }),
          payload: fc.uint8Array({ maxLength: 40_000 }),
          qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
          retain: fc.boolean(),
          dup: fc.boolean(),
          messageId: fc.integer({ min: 1, max: 65_535 }),
        }),
        ({ topic, payload, qos, retain, dup, messageId }) => {
          const theirs = mqttPacket.generate({
            cmd: 'publish',
            topic,
            payload: Buffer.from(payload),
            qos,
            retain,
            dup,
            ...(qos > 0 && { messageId }),
          });
          const ours = encodePublish({
            topic,
            payload,
            qos,
            isRetained: retain,
            isDuplicate: dup,
            packetId: messageId,
          });
          expect(ours.equals(theirs)).toBe(true);
        },
      ),
      { numRuns: 200 },
    ));

  it('PUBREL is what mqtt-packet makes', () =>
    expect(encodePubrel(0x1234).equals(mqttPacket.generate({ cmd: 'pubrel', messageId: 0x1234 }))).toBe(true));
});
