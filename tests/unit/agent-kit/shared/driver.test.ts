/** What is refused before anything is sent: an address in plain text, an unverified certificate, and no secret of it in any message. */

import { openMongoStore } from '@contor/agent-kit/registry/mongo/driver.js';
import { ConfigError } from '@contor/kit';
import { expect, it } from '@jest/globals';
import { SILENT } from '../bench-agent.js';

it.each([
  ['no address of MongoDB', 'http://127.0.0.1:27017/contor'],
  ['another machine in plain text', 'mongodb://database.example/contor'],
  ['one of several in plain text', 'mongodb://127.0.0.1:27017,database.example:27017/contor'],
  ['any certificate', 'mongodb://database.example/contor?tls=true&tlsInsecure=true'],
  ['any certificate, in capitals', 'mongodb://database.example/contor?tls=true&TLSINSECURE=true'],
  ['any name in the certificate', 'mongodb://database.example/contor?tls=true&tlsAllowInvalidHostnames=true'],
  ['no form at all', 'mongodb://canary:canary%secret@database.example:port/contor?tls=true'],
])('%s is refused, without repeating the address', async (_, url) => {
  const error: unknown = await openMongoStore({ url, prefix: 'agent', log: SILENT }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ code: 'config.mongodb-url' });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/canary|database\.example/);
});
