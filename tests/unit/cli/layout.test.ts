/** The launcher's tables agree with each other and with the services there are. */

import { describe, expect, it } from '@jest/globals';
import { SERVICES } from 'contor/services.js';
import { DOORS, type Doors, PHASES, PROCESSES, wiring } from 'contor/up/layout.js';

/** Steps of the launcher itself, which `child` knows. */
const OWN_STEPS = ['provision', 'client-secret', 'platform'];
const KNOWN = new Set<string>([...SERVICES.map(({ name }) => name), ...OWN_STEPS]);
const HOMES = PROCESSES.flatMap(({ name, services }) => services.map((service) => ({ process: name, service })));
const doors = Object.fromEntries(DOORS.map(({ port, fallback }) => [port, fallback])) as Doors;

describe('processes and phases', () => {
  it.each(HOMES)('$service of the process $process exists and lives in one process', ({ service }) => {
    expect(KNOWN.has(service)).toBe(true);
    expect(HOMES.filter((home) => home.service === service)).toHaveLength(1);
  });

  it.each(PHASES.flat())('%s of a phase has a process', (service) => {
    expect(HOMES.map((home) => home.service)).toContain(service);
  });

  it('start every service of every process exactly once', () => {
    expect([...PHASES.flat()].sort()).toEqual(HOMES.map(({ service }) => service).sort());
  });

  it.each([
    ['broker', 'platform'],
    ['history', 'platform'],
    ['platform', 'agent-json'],
    ['provision', 'mqtt'],
    ['mqtt', 'agent-json'],
    ['identity', 'client-secret'],
    ['client-secret', 'gateway'],
    ['agent-json', 'street'],
    ['agent-json', 'simulate-hub'],
    ['simulate-mbus', 'agent-mbus'],
    ['platform', 'agent-mbus'],
    ['simulate-dlms', 'agent-dlms'],
    ['platform', 'agent-dlms'],
  ])('%s is ready before %s begins', (earlier, later) => {
    const phaseOf = (service: string) => PHASES.findIndex((phase) => phase.includes(service));
    expect(phaseOf(earlier)).toBeLessThan(phaseOf(later));
  });
});

describe('the wiring of one machine', () => {
  const wired = wiring('/data', doors);

  it('gives each service a data folder of its own', () => {
    const folders = Object.entries(wired).filter(([name]) => name.endsWith('_DATA'));
    expect(folders).toHaveLength(11);
    expect(new Set(folders.map(([, folder]) => folder)).size).toBe(11);
  });

  it.each(DOORS)('opens $port where it was asked to', ({ port, fallback }) => {
    expect(wired[port]).toBe(String(fallback));
  });

  it('stays on loopback', () => {
    for (const [name, value] of Object.entries(wired))
      if (/_URL$|ISSUER/.test(name)) expect(value).toMatch(/^(http|mqtt):\/\/(127\.0\.0\.1|localhost):\d+/);
  });

  it('says nothing that is not a setting of some service or of the launcher', async () => {
    const names = new Set(['HEALTH_PORT', 'STREET_DATA']);
    for (const { load } of SERVICES) for (const { name } of Object.values((await load()).settings)) names.add(name);
    expect(Object.keys(wired).filter((name) => !names.has(name))).toEqual([]);
  });
});
