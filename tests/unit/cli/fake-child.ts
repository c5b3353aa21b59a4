/** A child that speaks the launcher's protocol and does what the names of its services say. Not a test: forked by one. */

import { appendFileSync, existsSync } from 'node:fs';
import type { FromChild, ToChild } from 'contor/up/protocol.js';

const say = (message: FromChild): void => void process.send?.(message);
const marks = process.env.FAKE_MARKS ?? '';

process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') process.exit(0);
  const { service } = message;
  const isFirstLife = !existsSync(marks);
  appendFileSync(marks, `${service}\n`);
  if (service === 'refuses') return say({ kind: 'failed', service, message: 'the port is taken' });
  if (service === 'dies-at-once') process.exit(70);
  if (service === 'refuses-the-second-time' && !isFirstLife)
    return say({ kind: 'failed', service, message: 'the disk is gone' });
  say({ kind: 'ready', service });
  if (service === 'dies-once' && isFirstLife) setTimeout(() => process.exit(70), 50);
  if (service === 'refuses-the-second-time') setTimeout(() => process.exit(71), 50);
});
process.on('disconnect', () => process.exit(0));
setInterval(() => say({ kind: 'health', services: { fake: { state: 'ready', figures: {} } }, rssBytes: 7 }), 20);
