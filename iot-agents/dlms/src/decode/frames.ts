/** A run of HDLC frames → the messages they carry: frames, segments, LLC, blocks, APDUs; each layer hands on what is whole. */

import { type DecodeAnswer, WireError } from '@contor/kit';
import { decodeControl, type HdlcControl, senderOf } from '../codec/hdlc/control.js';
import { decodeFrame, FLAG, type HdlcFrame } from '../codec/hdlc/frame.js';
import { decodeParameters } from '../codec/hdlc/parameters.js';
import { joinSegment, NO_SEGMENTS, type Segments } from '../codec/hdlc/segments.js';
import { decodeLlc, hasLlc } from '../codec/llc.js';
import { decodeApdu } from '../codec/xdlms/apdu.js';
import { type Blocks, decodeBlockControl, joinBlock, NO_BLOCKS } from '../codec/xdlms/blocks.js';
import { answerApdu, demand } from './apdu.js';
import type { DlmsRequest } from './request.js';

type Answer = Readonly<Record<string, unknown>>;

const PUSHES: readonly unknown[] = [
  'DataNotification',
  'EventNotificationRequest',
  'InformationReportRequest',
  'GeneralGloCiphering',
  'GeneralDedCiphering',
  'GeneralCiphering',
  'GeneralSigning',
];
const BLOCK_TRANSFER_TAG = 0xe0;

interface Run {
  readonly frames: HdlcFrame[];
  readonly checksOk: boolean[];
  readonly blockNumbers: number[];
  readonly messages: Answer[];
  error: WireError | undefined;
  segments: Segments;
  blocks: Blocks;
}

export function answerFrames(bytes: Uint8Array, request: DlmsRequest): DecodeAnswer {
  // A control field by itself: no frame is one byte long.
  if (bytes.length === 1 && bytes[0] !== FLAG) return { ok: true, ...presentControl(decodeControl(bytes[0] ?? 0)) };
  const run = readRun(bytes, request);
  const { frames, checksOk, blockNumbers, messages } = run;
  const head = { frames: checksOk.length, checksOk, ...(blockNumbers.length > 0 && { blockNumbers }) };
  if (run.error !== undefined) return { ok: false, code: run.error.code, ...head };
  const pushes = messages.filter(({ apdu }) => PUSHES.includes(apdu));
  const [push] = pushes;
  const only = messages.length === 1 && pushes.length === 0 ? messages[0] : undefined;
  return {
    ok: true,
    ...head,
    isComplete: run.segments === NO_SEGMENTS && run.blocks === NO_BLOCKS,
    information: frames.map(({ information }) => information),
    ...presentFrame(frames[0]),
    ...(hasMessage(frames) && { blockNumbers, pushes, readings: push?.readings ?? {} }),
    ...only,
    ...(only === undefined && messages.length > pushes.length && { apdus: messages }),
  };
}

/** Whether any of them is of the kind that carries messages: then an empty list of pushes is news. */
function hasMessage(frames: readonly HdlcFrame[]): boolean {
  return frames.some(({ control }) => control.name === 'I' || control.name === 'UI');
}

function readRun(bytes: Uint8Array, request: DlmsRequest): Run {
  const run: Run = {
    frames: [],
    checksOk: [],
    blockNumbers: [],
    messages: [],
    error: undefined,
    segments: NO_SEGMENTS,
    blocks: NO_BLOCKS,
  };
  let at = 0;
  // A closing flag is left over when nothing follows it.
  while (at < bytes.length && !(at > 0 && bytes.subarray(at).every((byte) => byte === FLAG))) {
    const decoded = decodeFrame(bytes.subarray(at));
    if (decoded.kind === 'pending') {
      run.error ??= new WireError('wire.short', 'The bytes end before the frame does.', {});
      break;
    }
    run.checksOk.push(decoded.kind === 'value');
    if (decoded.kind === 'garbage') run.error ??= decoded.error;
    else {
      run.frames.push(decoded.value);
      takeFrame(run, decoded.value, request);
    }
    at += decoded.used;
  }
  return run;
}

function takeFrame(run: Run, frame: HdlcFrame, request: DlmsRequest): void {
  if (frame.information.length === 0 || (frame.control.name !== 'I' && frame.control.name !== 'UI')) return;
  const { segments, joined } = joinSegment(run.segments, frame);
  run.segments = segments;
  if (joined.kind === 'garbage') run.error ??= joined.error;
  if (joined.kind !== 'value') return;
  try {
    takeMessage(run, hasLlc(joined.value) ? demand(decodeLlc(joined.value)).payload : joined.value, request);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    run.error ??= error;
  }
}

function takeMessage(run: Run, bytes: Uint8Array, request: DlmsRequest): void {
  if (bytes[0] !== BLOCK_TRANSFER_TAG) {
    run.messages.push(answerApdu(bytes, request));
    return;
  }
  const apdu = demand(decodeApdu(bytes));
  if (apdu.apdu !== 'GeneralBlockTransfer') return;
  const { blockNumber, blockControl, blockData } = apdu.body;
  run.blockNumbers.push(blockNumber);
  const { isLastBlock } = decodeBlockControl(blockControl);
  const { blocks, joined } = joinBlock(run.blocks, { number: blockNumber, isLastBlock, data: blockData });
  run.blocks = blocks;
  if (joined.kind === 'garbage') run.error ??= joined.error;
  if (joined.kind === 'value') run.messages.push(answerApdu(joined.value, request));
}

function presentFrame(frame: HdlcFrame | undefined): Answer {
  if (frame === undefined) return {};
  const { control, destination, source, information } = frame;
  const sender = senderOf(control.name) ?? senderByLlc(information);
  const parameters = control.name === 'SNRM' || control.name === 'UA' ? decodeParameters(information) : undefined;
  return {
    ...presentControl(control),
    ...(sender === undefined
      ? { destination: presentAddress(destination), source: presentAddress(source) }
      : ends(sender, frame)),
    ...(parameters?.kind === 'value' && information.length > 0 && parameters.value),
  };
}

function presentControl(control: HdlcControl): Answer {
  const { name, ...rest } = control;
  return { control: name, ...rest };
}

function ends(sender: 'client' | 'server', { destination, source }: HdlcFrame): Answer {
  const [client, server] = sender === 'client' ? [source, destination] : [destination, source];
  return {
    client: client.upper,
    server: server.upper,
    ...(server.lower !== undefined && { serverPhysical: server.lower }),
  };
}

function presentAddress({ upper, lower }: HdlcFrame['source']): unknown {
  return lower === undefined ? upper : { upper, lower };
}

function senderByLlc(information: Uint8Array): 'client' | 'server' | undefined {
  if (!hasLlc(information)) return undefined;
  return information[1] === 0xe6 ? 'client' : 'server';
}
