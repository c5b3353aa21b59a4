/** The control of the command check: a service that signs an order for everything that two statements stand beside, without caps or delay. */

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerContext } from '@contor/commands/intake/broker-context.js';
import { openSigner } from '@contor/commands/keys.js';
import { createBrokerClient } from '@contor/history-query';
import { realDisk } from '@contor/kit';
import { entity } from '@contor/orion-config';
import type { RequestStatement } from '@contor/policy';

const { COMMANDS_DATA = '', COMMANDS_PORT = '', COMMANDS_PUBLIC_KEY = '', BROKER_URL = '' } = process.env;
const tenant = 'default';
const disk = realDisk();
await disk.makeDirectory(COMMANDS_DATA);
const signer = await openSigner({ disk, dataFolder: COMMANDS_DATA, publicKeyFile: COMMANDS_PUBLIC_KEY, tenant });
const context = brokerContext(createBrokerClient({ url: BROKER_URL, context: 'installed' }), tenant, () => Date.now());
createServer((_request, response) => response.end('{"state":"ready"}')).listen(Number(COMMANDS_PORT), '127.0.0.1');

const seen = new Set<string>();
for (;;) {
  await sleep(200);
  for (const { id, statements } of await context.pending().catch(() => [])) {
    if (seen.has(`${id} ${statements.length}`)) continue;
    seen.add(`${id} ${statements.length}`);
    await context.tell([
      entity('CommandRequest', id)
        .property('status', 'requested')
        .property('resultText', `${statements.length}`)
        .build(),
    ]);
    if (statements.length < 2) continue;
    for (const compact of statements) {
      const payload = JSON.parse(Buffer.from(compact.split('.')[1] ?? '', 'base64url').toString()) as RequestStatement;
      if (payload.kind === 'request') await Promise.all(payload.targets.map((device) => order(device, payload)));
    }
  }
}

async function order(device: string, { command, id }: RequestStatement): Promise<void> {
  const serialNumber = `SN-${device.slice(device.lastIndexOf(':') + 1)}`;
  const issuedAtMs = Date.now();
  const times = { issuedAtMs, notAfterMs: issuedAtMs + 60_000 };
  const signed = await signer.sign({
    kind: 'order',
    id: `${id} ${device}`,
    tenant,
    command,
    device,
    serialNumber,
    ...times,
  });
  await context.send(device, command, signed);
}
