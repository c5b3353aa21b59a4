/** `contor trace`: from a value of an entity to the bytes that the meter sent, and what they say. */

import type { Command } from 'commander';
import type { TraceFlags } from './trace.js';

const DATA = process.env.CONTOR_DATA ?? 'contor-data';

export function addTrace(program: Command): void {
  program
    .command('trace <entity> <attribute> <time>')
    .description('from a value to the bytes that the meter sent')
    .option(
      '--data <folder>',
      'the data folder (or CONTOR_DATA); agents have folders in it, or where AGENT_JSON_DATA says',
      DATA,
    )
    .option(
      '--history-url <url>',
      'the history server (or HISTORY_URL)',
      process.env.HISTORY_URL ?? 'http://127.0.0.1:8668',
    )
    .option('--tenant <name>', 'whose entity', 'default')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  contor trace urn:ngsi-ld:ACMeasurement:e350-0001 totalActiveEnergyImport 2026-11-20T08:00:10Z' +
        '\n  contor trace urn:ngsi-ld:IntervalReading:e350-0001 activeEnergyImport 2026-11-20T07:45:00Z --json' +
        '\n\nAsks history for the value that held at that time (PLATFORM_SECRET where it has one), then reads the folders of the agents as they lie there.' +
        '\nEnds with 1 when there is no such value, or its bytes are no longer kept.',
    )
    .action(async (entity: string, attribute: string, time: string, flags: TraceFlags) => {
      const isFound = await (await import('./trace.js')).trace({ entity, attribute, time }, flags, console.log);
      if (!isFound) process.exitCode = 1;
    });
}
