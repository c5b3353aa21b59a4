/** `contor audit`: the trail of the gateway as an operator or an auditor holds it: verify it, take it out, note where it stands, forget a person. */

import type { Command } from 'commander';
import type { ExportFlags } from './export.js';
import type { AuditFlags } from './open.js';
import type { VerifyFlags } from './verify.js';

const DATA = process.env.CONTOR_DATA ?? 'contor-data';

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('the audit trail: verify, export, anchors, erase');
  onData(audit, 'verify', 'read the whole trail and name every byte that is not as it was written')
    .option('--anchors <file...>', 'anchors that were copied away before: what somebody with the disk could not change')
    .option('--archives <folder>', 'where sealed years are, when they were moved')
    .option(
      '--public-key <file>',
      'the public key of the gateway (GATEWAY_PUBLIC_KEY): every anchor must be signed by it',
    )
    .option('--tenant <name>', 'whose key in that file', process.env.GATEWAY_TENANT ?? 'default')
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  contor audit verify\n  contor audit verify --anchors /mnt/usb/anchors.jsonl --public-key contor-data/keys/gateway.json\n\nEnds with 1 when anything was changed, is missing or was cut.',
    )
    .action(async (flags: VerifyFlags) => {
      const isWhole = await (await import('./verify.js')).verify(flags);
      if (!isWhole) process.exitCode = 1;
    });
  onData(audit, 'export', 'write the records as lines of JSON; what is personal stays closed')
    .option('--open', 'open what is personal, with the master key')
    .option('--from <instant>', 'from then on')
    .option('--to <instant>', 'before then')
    .option('--log <name>', 'application, communication or parametrisation')
    .option('--out <file>', 'a new file; standard output without it')
    .addHelpText(
      'after',
      '\nExample:\n  contor audit export --from 2026-01-01 --to 2026-02-01 --out january.jsonl\n\nWhoever exports through the dashboard is recorded; whoever has the disk is not.',
    )
    .action(async (flags: ExportFlags) => (await import('./export.js')).exportRecords(flags));
  onData(audit, 'anchors', 'the ends of the days as lines, to be kept where nobody with this disk can reach them')
    .addHelpText('after', '\nExample:\n  contor audit anchors >> /mnt/usb/anchors.jsonl')
    .action(async (flags: AuditFlags) => (await import('./export.js')).printAnchors(flags));
  onData(audit, 'erase <subject>', 'destroy the key of a person: the records stay, what identifies the person is gone')
    .option('--url <url>', 'the running gateway (or GATEWAY_URL)', process.env.GATEWAY_URL ?? 'http://127.0.0.1:3000')
    .addHelpText(
      'after',
      '\nExample:\n  contor audit erase 0b6c2c1e-6c5e-4a43-8d4e-1f4b6f0f2a11\n\nAsks the running gateway (with PLATFORM_SECRET where it has one), or does it itself when none runs. Cannot be taken back.',
    )
    .action(async (subject: string, flags: AuditFlags & { readonly url: string }) =>
      (await import('./erase.js')).erase(subject, flags),
    );
}

function onData(audit: Command, usage: string, about: string): Command {
  return audit
    .command(usage)
    .description(about)
    .option(
      '--data <folder>',
      'the data folder (or CONTOR_DATA); the trail lies in its folder gateway (or GATEWAY_DATA)',
      DATA,
    );
}
