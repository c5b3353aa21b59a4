/** `contor decode`: one frame for the eyes, or lines of JSON in and out; see docs/decode.md. */

import { createInterface } from 'node:readline';
import { ConfigError, type DecodeAnswer, type DecodeRequest, type LineDecoder, toHex } from '@contor/kit';

/** A line longer than this is no frame of a meter. */
const MAX_LINE = 16 * 2 ** 20;

const FAMILIES = [
  async () => (await import('@contor/mbus')).DECODERS,
  async () => (await import('@contor/dlms')).DECODERS,
  async () => (await import('@contor/elster')).DECODERS,
  async () => (await import('@contor/coap')).DECODERS,
] as const satisfies readonly (() => Promise<readonly LineDecoder[]>)[];

export async function loadDecoders(): Promise<readonly LineDecoder[]> {
  return (await Promise.all(FAMILIES.map((load) => load()))).flat();
}

export async function decoderNamed(protocol: string): Promise<LineDecoder> {
  const decoders = await loadDecoders();
  const found = decoders.find((decoder) => decoder.protocol === protocol);
  if (found !== undefined) return found;
  const known = decoders.map((decoder) => decoder.protocol).join(', ');
  throw new ConfigError([
    { code: 'decode.protocol', message: `There is no decoder "${protocol}".`, fix: `Use one of: ${known}.` },
  ]);
}

/** One answer a line, in the order of the lines; a line that is no JSON gets one too. */
export async function decodeLines(
  decoder: LineDecoder,
  input: NodeJS.ReadableStream,
  write: (line: string) => void,
): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') write(toJson(answerTo(decoder, line)));
  }
}

export function decodeOne(decoder: LineDecoder, request: DecodeRequest): DecodeAnswer {
  return decoder.decode(request);
}

/** Bytes as hex, integers beyond 53 bits as texts of digits. */
export function toJson(answer: unknown, space?: number): string {
  return JSON.stringify(
    answer,
    (_key, value: unknown) => {
      if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
      return value instanceof Uint8Array ? toHex(value) : value;
    },
    space,
  );
}

function answerTo(decoder: LineDecoder, line: string): object {
  if (line.length > MAX_LINE) return { ok: false, code: 'decode.line-too-long' };
  const request = parse(line);
  if (request === undefined) return { ok: false, code: 'decode.no-json' };
  return { id: request.id, ...decoder.decode(request) };
}

function parse(line: string): DecodeRequest | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as DecodeRequest) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
