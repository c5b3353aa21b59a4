/** JSON from outside (T11, T12): one meaning, bounded, never unpacked; anything else is refused with a sentence. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { JSON_BOUNDS, jsonBody, parseJson } from '@contor/gateway/http/json-body.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';

const bytes = (text: string) => Buffer.from(text, 'utf8');
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const named = (names: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: names }, (_, n) => [`n${n}`, 0])));

describe('is read', () => {
  it.each([
    ['an object', '{"a":1}'],
    ['a list', '[1,"a",null,true]'],
    ['colons and brackets in texts', '{"a:b[{":"\\"}]:"}'],
    ['as deep as may be', nested(JSON_BOUNDS.depth)],
    ['as many names as may be', named(JSON_BOUNDS.names)],
    ['the same name in two objects', '[{"a":1},{"a":2}]'],
    ['constructor, which is only a name', '{"constructor":{"prototype":1}}'],
    ['a character beyond the first plane', '{"a":"😀"}'],
  ])('%s', (_, text) => {
    expect(parseJson(bytes(text))).toEqual({ kind: 'value', value: JSON.parse(text) });
  });
});

describe('is refused', () => {
  it.each([
    ['nothing', ''],
    ['a text alone', '"a"'],
    ['a number alone', '1'],
    ['null', 'null'],
    ['no JSON', '{a:1}'],
    ['half a document', '{"a":'],
    ['one level too deep', nested(JSON_BOUNDS.depth + 1)],
    ['five hundred thousand levels', '['.repeat(500_000)],
    ['one name too many', named(JSON_BOUNDS.names + 1)],
    ['a name twice', '{"a":1,"a":2}'],
    ['a name twice, once in disguise', '{"a":1,"\\u0061":2}'],
    ['a name twice, far down', '[{"x":{"a":1,"b":2,"a":3}}]'],
    ['a prototype', '{"a":{"__proto__":{"isAdmin":true}}}'],
    ['a prototype in disguise', '{"\\u005f_proto__":1}'],
    ['a number beyond a double', '{"a":1e309}'],
    ['half of a character', '{"a":"\\ud800"}'],
    ['half of a character in a name', '{"\\udc00":1}'],
  ])('%s', (_, text) => {
    expect(parseJson(bytes(text))).toMatchObject({ kind: 'fault', detail: expect.any(String) });
  });

  it('what is not UTF-8', () => {
    expect(parseJson(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toMatchObject({ kind: 'fault' });
  });
});

describe('whatever comes', () => {
  it('is the value that JSON.parse gives, or refused', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => {
        const text = JSON.stringify(value);
        const parsed = parseJson(bytes(text));
        const wanted = JSON.parse(text);
        if (parsed.kind === 'value') expect(parsed.value).toEqual(wanted);
        else
          expect(typeof wanted !== 'object' || wanted === null || /__proto__|\\ud|n": ?\d{300}/.test(text)).toBe(true);
      }),
    );
  });

  it('is answered without throwing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (any) => void parseJson(any)));
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', 'a', '__proto__', 'null', '\u0000');
    fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }), (any) => void parseJson(bytes(any.join('')))));
  });
});

describe('over HTTP', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const app = express();
    app.post('/', jsonBody(), (request, response) => void response.json(request.body));
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const post = async (body: Uint8Array | string, headers: Record<string, string> = {}) => {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return [answer.status, ((await answer.json()) as { error?: string }).error];
  };

  it.each([
    ['JSON', '{"a":1}', {}, 200, undefined],
    ['JSON-LD', '{"a":1}', { 'content-type': 'application/ld+json; charset=utf-8' }, 200, undefined],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 400, 'body.malformed'],
    ['text', '{"a":1}', { 'content-type': 'text/plain' }, 400, 'body.malformed'],
    ['a packed body', gzipSync('{"a":1}'), { 'content-encoding': 'gzip' }, 400, 'body.malformed'],
    ['a mebibyte', `{"a":"${'x'.repeat(JSON_BOUNDS.bytes - 8)}"}`, {}, 200, undefined],
    ['a byte more', `{"a":"${'x'.repeat(JSON_BOUNDS.bytes - 7)}"}`, {}, 413, 'body.too-large'],
  ])('%s: %#', async (_, body, headers, status, error) => {
    expect(await post(body, headers as Record<string, string>)).toEqual([status, error]);
  });

  it('a body without a length is cut off where it becomes too large', async () => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined); // The server may close while we still write.
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.write(head);
    const chunk = `10000\r\n${'['.repeat(0x10000)}\r\n`;
    for (let n = 0; n < 17; n += 1) socket.write(chunk);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });
});
