import { sampleDevices } from '@contor/agent-json';
import { formatChannel, parseChannel } from '@contor/agent-json/codec/channel.js';
import { decodeQuestion, encodeConfiguration } from '@contor/agent-json/codec/configuration.js';
import { openConfiguring } from '@contor/agent-json/configuring.js';
import { parseTopic, SUBSCRIPTIONS } from '@contor/agent-json/transport/topics.js';
import type { KnownDevices } from '@contor/agent-kit';
import { SimulatedClock } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => SILENT };
const utf8 = (text: string) => new TextEncoder().encode(text);
const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes)) as unknown;
const AT_MS = Date.UTC(2016, 0, 25, 9, 27, 3, 400);

describe('the topics of iotagent-json', () => {
  it.each([
    { topic: '/json/key/m1/attrs', address: { kind: 'reading', channel: 'attrs', lane: 'live' } },
    { topic: '/json/key/m1/attrs/voltageL1', address: { kind: 'reading', channel: 'attrs/voltageL1', lane: 'live' } },
    { topic: '/json/key/m1/attrs/1-0:1.8.0', address: { kind: 'reading', channel: 'attrs/1-0:1.8.0', lane: 'live' } },
    { topic: '/json/key/m1/profile', address: { kind: 'reading', channel: 'profile', lane: 'late' } },
    { topic: '/json/key/m1/cmdexe', address: { kind: 'answer' } },
    { topic: '/json/key/m1/configuration/commands', address: { kind: 'question' } },
  ])('$topic', ({ topic, address }) => {
    expect(parseTopic(topic)).toEqual({ ...address, apiKey: 'key', deviceId: 'm1' });
  });

  it.each([
    '/json/key/m1/cmd',
    '/json/key/m1/profile/x',
    '/json/key/m1/configuration/values',
    '/json/key/m1/configuration',
    '/json/key/m1/attrs/a b',
    '/json/key/m1/attrs/a/b',
    '/json/key//attrs',
    'json/key/m1/attrs',
  ])('%s is nobody', (topic) => expect(parseTopic(topic)).toBeUndefined());

  it('are all subscribed to', () => {
    expect(SUBSCRIPTIONS).toContain('/json/+/+/attrs/+');
    expect(SUBSCRIPTIONS).toContain('/json/+/+/configuration/commands');
  });

  it('a channel goes there and back', () =>
    fc.assert(
      fc.property(
        fc.option(fc.stringMatching(/^[A-Za-z0-9._~:*-]{1,100}$/), { nil: undefined }),
        fc.option(fc.nat(), { nil: undefined }),
        (attribute, observedMs) => {
          const channel = { kind: 'attrs' as const, attribute, observedMs };
          expect(parseChannel(formatChannel(channel))).toEqual(
            attribute === undefined && observedMs === undefined ? { kind: 'attrs' } : channel,
          );
        },
      ),
      { numRuns: 50 },
    ));
});

describe('a question about the configuration', () => {
  it('is answered with the values of the entity and the time', () => {
    const question = decodeQuestion(utf8('{"type":"configuration","fields":["sleepTime","refPoint","absent","id"]}'));
    if (question.kind === 'garbage') throw question.error;
    const entity = { id: 'x', sleepTime: { value: '200' }, refPoint: { object: 'urn:p' }, secret: { value: 1 } };
    expect(json(encodeConfiguration(entity, question.value, AT_MS))).toEqual({
      sleepTime: '200',
      refPoint: 'urn:p',
      dt: '20160125T092703Z',
    });
  });

  it.each([
    { text: '{"type":"other","fields":["a"]}', code: 'configuration.type' },
    { text: '[]', code: 'configuration.type' },
    { text: '{"type":"configuration"}', code: 'configuration.fields' },
    { text: '{"type":"configuration","fields":["__proto__"]}', code: 'configuration.fields' },
    { text: '{"type":"configuration","fields":[1]}', code: 'configuration.fields' },
    { text: '{', code: 'json.syntax' },
  ])('$text is refused: $code', ({ text, code }) => {
    const decoded = decodeQuestion(utf8(text));
    expect(decoded.kind === 'garbage' && decoded.error.code).toBe(code);
  });

  it('an answer too long for a device is none', () => {
    const entity = { a: { value: 'x'.repeat(20_000) } };
    expect(encodeConfiguration(entity, { type: 'configuration', fields: ['a'] }, AT_MS)).toBeUndefined();
  });

  it('goes to the device that asked, one question at a time, and an absent broker costs nothing', async () => {
    const [device] = sampleDevices();
    if (device === undefined) throw new Error('the sample city has no device');
    const registry: KnownDevices = {
      size: 1,
      find: (key) => (key.endsWith(device.deviceId) ? device : undefined),
      all: () => [device],
    };
    const told: [string, unknown][] = [];
    const reads: string[] = [];
    let isAway = false;
    const configuring = openConfiguring({
      ...{ registry, log: SILENT, clock: new SimulatedClock(AT_MS) },
      reader: {
        async read(tenant, id) {
          reads.push(`${tenant} ${id}`);
          if (isAway) throw new Error('away');
          return { id, type: 'Device', reportingIntervalSeconds: { value: 10 } };
        },
      },
      publishOnce: (topic, bytes) => told.push([topic, json(bytes)]) > 0,
    });
    const bytes = utf8('{"type":"subscription","fields":["reportingIntervalSeconds"]}');
    await Promise.all([configuring.ask(device, bytes), configuring.ask(device, bytes)]);
    expect(reads).toEqual([`default ${device.refDevice}`]);
    expect(told).toEqual([
      [
        `/json/${device.apiKey}/${device.deviceId}/configuration/values`,
        { reportingIntervalSeconds: 10, dt: '20160125T092703Z' },
      ],
    ]);
    isAway = true;
    await configuring.ask(device, bytes);
    await configuring.ask({ ...device, deviceId: 'stranger' }, bytes);
    expect(configuring.figures).toEqual({ questionsAnswered: 1, questionsRefused: 3 });
  });
});
