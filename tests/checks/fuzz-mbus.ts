/**
 * `node tests/dist/checks/fuzz-mbus.js [--full] [--seed n]`: good frames, wired and radio, are bent by seed and given to the
 * decoders: bits turned, bytes put in, taken out and doubled, lengths raised, frames spliced; checksums are mended in half of
 * them, so that the layers behind are reached. None may throw, take long or fill the memory, and a good frame decodes in between.
 * A control plants a decoder that reads past its end, and must be caught.
 */

import { seededRandom } from '@contor/kit';
import {
  decodeLink,
  decodeTelegram,
  decodeWired,
  ellTelegram,
  encodeFrame,
  encodeLink,
  encodeRecord,
  mode5Telegram,
  mode7Telegram,
  plainTelegram,
  radioMemory,
} from '@contor/mbus';
import { readFlags } from '../support/arguments.js';

const QUICK = 200_000;
const FULL = 10_000_000;
/** A frame of at most 300 bytes; a pause of the collector or of the machine must not be taken for a slow one. */
const LIMIT_MS = 50;
const MEMORY_LIMIT = 64 * 2 ** 20;
const MAX_FRAME = 300;
const GOOD_EVERY = 1_000;

const flags = readFlags(process.argv);
const random = seededRandom(flags.number('seed', 1));
const below = (limit: number) => Math.floor(random.next() * limit);

const METER = { id: '12345678', manufacturer: 'KAM', version: 0x1b, deviceType: 7 } as const;
const KEY = Uint8Array.from({ length: 16 }, (_, at) => at);

function records(): Uint8Array {
  const parts = [0x06, 0x13, 0x3b, 0x5a, 0x6d, 0xfd].map((vif, index) =>
    encodeRecord({
      field: 'int32',
      storage: index,
      tariff: index,
      vib: vif === 0xfd ? Uint8Array.of(0xfd, 0xc9, 0xff, index) : Uint8Array.of(vif),
      value: { kind: 'integer', value: 0x1c41_0d1a },
    }),
  );
  const text = encodeRecord({ field: 'variable', vib: Uint8Array.of(0x78), value: { kind: 'text', value: 'meter' } });
  const profile = [0x8d, 0x0f, 0x93, 0x13, 0x0a, 0x34, 0xfe, 2, 0, 0, 0, 3, 0, 0, 0];
  return Uint8Array.of(...parts.flatMap((part) => [...part]), ...text, ...profile, 0x0f, 1, 2, 3);
}

interface Subject {
  readonly seed: Uint8Array;
  readonly mend: (bytes: Uint8Array) => Uint8Array;
  /** Whether the frame was read. */
  readonly decode: (bytes: Uint8Array) => boolean;
}

const memory = radioMemory();

function readRadio(bytes: Uint8Array): boolean {
  const link = decodeLink(bytes, 'bare');
  if (link.kind !== 'value') return false;
  const telegram = decodeTelegram(
    link.value,
    () => (bytes[1] === 0x44 && bytes[10] !== 0x78 ? KEY : undefined),
    memory,
  );
  return !('code' in telegram);
}

function radio(
  data: Uint8Array,
  sender: typeof METER | Record<string, never> = METER,
  maker = 'KAM',
  version = 0x1b,
): Subject {
  const meter = { ...METER, ...sender, manufacturer: maker, version };
  const seed = encodeLink({ control: 0x44, sender: meter, data }, 'bare');
  return {
    seed,
    mend: (bytes) => bytes.map((byte, at) => (at === 0 ? Math.min(255, bytes.length - 1) : byte)),
    decode: readRadio,
  };
}

function wired(): Subject {
  const data = Uint8Array.of(0x78, 0x56, 0x34, 0x12, 0x2d, 0x2c, 0x1b, 4, 1, 0, 0, 0, ...records());
  return {
    seed: encodeFrame({ kind: 'long', control: 8, address: 1, ci: 0x72, data }),
    mend: (bytes) => {
      const body = bytes.subarray(7, Math.max(7, Math.min(bytes.length - 2, 259)));
      return encodeFrame({
        kind: 'long',
        control: bytes[4] ?? 0,
        address: bytes[5] ?? 0,
        ci: bytes[6] ?? 0,
        data: body,
      });
    },
    decode: (bytes) => decodeWired(bytes).kind === 'value',
  };
}

const REQUEST = { meter: METER, accessNumber: 9, records: records() };
const SUBJECTS: readonly Subject[] = [
  wired(),
  radio(Uint8Array.of(0x78, ...records())),
  radio(mode5Telegram(REQUEST, KEY)),
  radio(mode7Telegram(REQUEST, KEY, 5)),
  radio(ellTelegram(REQUEST, KEY, 99)),
  radio(plainTelegram(REQUEST)),
  radio(Uint8Array.of(0x79, 0x13, 0x8c, 0xcc, 0xfb, 0x1a, 3, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0)),
  radio(Uint8Array.of(0x90, 2, 1, 0x40, ...records())),
  ...['TCH', 'HYD', 'APA', 'APT', 'SAP'].map((maker) =>
    radio(Uint8Array.of(0xa2, ...records()), {}, maker, [0x74, 0x69, 0x14][below(3)]),
  ),
];

function bent(seed: Uint8Array): Uint8Array {
  let bytes = [...seed];
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(bytes.length || 1);
    const deeds = [
      () => bytes.splice(at, 1, (bytes[at] ?? 0) ^ (1 << below(8))),
      () => bytes.splice(at, 1, below(256)),
      () => bytes.splice(at, 0, below(256)),
      () => bytes.splice(at, 1 + below(8)),
      () => bytes.splice(at, 1, [0x00, 0x7f, 0x80, 0xff, 0xfd, 0xfc, 0x0f, 0x2f][below(8)] ?? 0),
      () => bytes.splice(at, 0, ...bytes.slice(at, at + below(40))),
      () => bytes.splice(at, bytes.length - at, ...(SUBJECTS[below(SUBJECTS.length)]?.seed ?? []).slice(at)),
    ];
    deeds[below(deeds.length)]?.();
    bytes = bytes.slice(0, MAX_FRAME);
  }
  return Uint8Array.from(bytes);
}

interface Verdict {
  readonly uncaught: number;
  readonly slow: number;
  readonly slowestMs: number;
  readonly lost: number;
  readonly read: number;
}

function storm(subjects: readonly Subject[], rounds: number): Verdict {
  let [uncaught, slow, slowestMs, lost, read] = [0, 0, 0, 0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const subject = subjects[below(subjects.length)];
    if (subject === undefined) break;
    const raw = bent(subject.seed);
    const bytes = below(2) === 0 ? raw : subject.mend(raw);
    const start = performance.now();
    try {
      if (subject.decode(bytes)) read += 1;
    } catch {
      uncaught += 1;
    }
    const firstMs = performance.now() - start;
    const tookMs = firstMs > LIMIT_MS ? Math.min(firstMs, again(subject, bytes)) : firstMs;
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > LIMIT_MS) slow += 1;
    if (round % GOOD_EVERY === 0 && !SUBJECTS.slice(0, 2).every(({ seed, decode }) => decode(seed))) lost += 1;
  }
  return { uncaught, slow, slowestMs, lost, read };
}

/** A slow frame is slow every time; a neighbour on the machine is not. */
function again(subject: Subject, bytes: Uint8Array): number {
  const times = [0, 1, 2].map(() => {
    const start = performance.now();
    try {
      subject.decode(bytes);
    } catch {
      // Counted the first time.
    }
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** The bug every parser has had: a length believed. */
const PLANTED: Subject = {
  ...wired(),
  decode: (bytes) => {
    const length = bytes[1] ?? 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return view.getUint8(length + 5) === 0x16;
  },
};

const rounds = flags.full ? FULL : QUICK;
storm(SUBJECTS, 10_000);
const before = process.memoryUsage().rss;
const verdict = storm(SUBJECTS, rounds);
const grownBytes = process.memoryUsage().rss - before;
const control = storm([PLANTED], 2_000);
const isGood =
  verdict.uncaught === 0 &&
  verdict.slow === 0 &&
  verdict.lost === 0 &&
  verdict.read > 0 &&
  grownBytes < MEMORY_LIMIT &&
  control.uncaught > 0;
console.log(
  JSON.stringify({ check: 'fuzz-mbus', rounds, ...verdict, grownBytes, controlCaught: control.uncaught, isGood }),
);
if (!isGood) process.exitCode = 1;
