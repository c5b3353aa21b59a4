/** The words of `contor decode` on the command line. */

import { type ExplainedRow, toHex } from '@contor/kit';
import type { Command } from 'commander';
import { decodeLines, decodeOne, decoderNamed, loadDecoders, toJson } from './decode.js';

interface DecodeFlags {
  readonly jsonl?: boolean;
  readonly key?: string;
  readonly layer?: string;
  readonly explain?: boolean;
}

export function addDecode(program: Command): void {
  program
    .command('decode [protocol] [hex]')
    .description('read a frame of a meter: for the eyes, or as lines of JSON')
    .option('--jsonl', 'read a JSON object a line from standard input, answer one a line')
    .option('--key <hex>', 'the key of the meter')
    .option('--layer <name>', 'where the bytes begin, for protocols of several layers')
    .option('--explain', 'say what every byte means')
    .addHelpText(
      'after',
      '\nExamples:\n  contor decode\n  contor decode mbus 68040468080170088116\n  contor decode wmbus --key 00112233445566778899aabbccddeeff 2e44…\n  contor decode dlms --jsonl < frames.jsonl > readings.jsonl',
    )
    .action(async (protocol: string | undefined, hex: string | undefined, flags: DecodeFlags) => {
      if (protocol === undefined) await listDecoders();
      else await decode(protocol, hex, flags);
    });
}

async function listDecoders(): Promise<void> {
  for (const { protocol, about, example } of await loadDecoders())
    console.log(`${protocol.padEnd(12)} ${about}\n${' '.repeat(13)}contor decode ${protocol} ${example}`);
}

async function decode(protocol: string, hex: string | undefined, flags: DecodeFlags): Promise<void> {
  const decoder = await decoderNamed(protocol);
  if (flags.jsonl) {
    await decodeLines(decoder, process.stdin, (line) => process.stdout.write(`${line}\n`));
    return;
  }
  const { key, layer } = flags;
  const input = { hex: (hex ?? decoder.example).replaceAll(/[\s:]/g, '').toLowerCase() };
  const request = { protocol, input, ...(key !== undefined && { key }), ...(layer !== undefined && { layer }) };
  if (flags.explain && decoder.explain !== undefined) printRows(decoder.explain(request));
  const answer = decodeOne(decoder, request);
  console.log(toJson(answer, 2));
  if (!answer.ok) process.exitCode = 1;
}

function printRows(rows: readonly ExplainedRow[]): void {
  const width = Math.min(24, Math.max(...rows.map(({ bytes }) => bytes.length * 2), 4));
  for (const { bytes, name, says } of rows) {
    const text = toHex(bytes);
    console.log(`${text.slice(0, width).padEnd(width)}  ${name.padEnd(24)} ${says}`);
    for (let at = width; at < text.length; at += width) console.log(text.slice(at, at + width));
  }
}
