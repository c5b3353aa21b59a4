/** What a person reads when everything runs. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { banner, readManager } from 'contor/up/banner.js';
import { readDoors } from 'contor/up/doors.js';

const doors = readDoors({ GATEWAY_PORT: '8080' });
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contor-banner-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the banner', () => {
  it('says where to look and how to sign in', () => {
    mkdirSync(join(folder, 'identity'));
    writeFileSync(join(folder, 'identity', 'manager.json'), '{"username":"manager","password":"s3cret-words"}');
    const text = banner({ folder, doors, tookMs: 1_234 }).join('\n');
    expect(text).toContain('Contor is running (1.2 s).');
    expect(text).toContain('http://localhost:8080');
    expect(text).toMatch(/Sign in +manager +s3cret-words/);
    expect(text).toContain(folder);
  });

  it('says nothing of an account that was taken away', () => {
    expect(banner({ folder, doors, tookMs: 0 }).join('\n')).not.toContain('Sign in');
    expect(readManager(join(folder, 'identity'))).toBeUndefined();
  });

  it('quotes addresses so that every shell takes them', () => {
    const commands = banner({ folder, doors, tookMs: 0 }).filter((line) => line.includes('curl'));
    expect(commands).toHaveLength(2);
    for (const line of commands) expect(line).toMatch(/curl "localhost:\d+[^'"]+"$/);
  });
});
