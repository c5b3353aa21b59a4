/** A secret as it is typed or piped in. At a terminal nothing is shown and nothing stays in its scrollback. */

import { ConfigError } from '@contor/kit';

const CONTROL_C = '\u0003';
/** Enter, a line feed, Ctrl-D. */
const ENDS: readonly string[] = ['\r', '\n', '\u0004', CONTROL_C];
const BACKSPACES: readonly string[] = ['\u007f', '\b'];
/** A secret of more is refused anyway; a pipe that never ends must not fill the memory. */
const MOST_BYTES = 64 * 1024;

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
}

/** The value without the line feed that ends it, when one does. */
export async function readValue(
  prompt: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<Uint8Array> {
  if (!input.isTTY) return piped(input);
  output.write(prompt);
  input.setRawMode(true);
  input.setEncoding('utf8');
  try {
    return Buffer.from(await typed(input));
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write('\n');
  }
}

async function piped(input: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    size += chunk.length;
    if (size > MOST_BYTES) throw fault('The value is too large.', 'A secret has at most 16 KiB.');
  }
  const value = Buffer.concat(chunks);
  const end = value.at(-1) === 0x0a ? (value.at(-2) === 0x0d ? -2 : -1) : value.length;
  return value.subarray(0, end);
}

function typed(input: NodeJS.ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: string): void => {
      const keys = [...chunk];
      const end = keys.findIndex((key) => ENDS.includes(key));
      for (const key of end === -1 ? keys : keys.slice(0, end))
        text = BACKSPACES.includes(key) ? [...text].slice(0, -1).join('') : text + key;
      if (end === -1) return;
      input.off('data', hear);
      if (keys[end] === CONTROL_C) reject(fault('Nothing was changed.', 'Start again when you like.'));
      else resolve(text);
    };
    input.on('data', hear);
  });
}

function fault(message: string, fix: string): ConfigError {
  return new ConfigError([{ code: 'config.value', message, fix }]);
}
