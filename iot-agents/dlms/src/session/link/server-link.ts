/**
 * The meter's end of a line: bytes → the session of the client and the logical device that they are for. A concentrator or a
 * multidrop line has many devices behind one line, so a session is looked up by both addresses.
 */

import { decodeFrame, FLAG, type HdlcFrame } from '../../codec/hdlc/frame.js';
import type { HdlcParameters } from '../../codec/hdlc/parameters.js';
import { decodeWrapper, encodeWrapper, type WrapperUnit } from '../../codec/wrapper.js';
import type { MeterSession } from '../server.js';
import { Cutter } from './cutter.js';
import { answerModeE } from './mode-e.js';
import { hearAtServer, newStation, type Station } from './station.js';

/** Undefined: nobody lives at this address, or the client is not known there. */
export type FindSession = (client: number, device: number, physical: number | undefined) => MeterSession | undefined;

export interface ServerLink {
  hear(chunk: Uint8Array, nowMs: number): readonly Uint8Array[];
}

/** Clients and devices on one line at a time; beyond that the oldest link is forgotten, as a meter's would time out. */
const MOST_LINKS = 256;
const SLASH = 0x2f;
const LINE_END = 0x0a;
const SEVEN_BITS = 0x7f;
/** `/?`, an address of 32 characters, `!`, and the end. */
const MOST_LINE = 64;

interface Link {
  station: Station;
  readonly session: MeterSession;
}

export function hdlcServerLink(find: FindSession, parameters: HdlcParameters): ServerLink {
  const cutter = new Cutter<HdlcFrame>(decodeFrame);
  const links = new Map<string, Link>();

  function linkOf({ source, destination }: HdlcFrame): Link | undefined {
    const key = `${source.upper} ${destination.upper} ${destination.lower ?? ''}`;
    const known = links.get(key);
    if (known !== undefined) return known;
    const session = find(source.upper, destination.upper, destination.lower);
    if (session === undefined) return undefined;
    const station = newStation({ role: 'server', own: destination, peer: source, parameters, patienceMs: 0 });
    const link = { station, session };
    const [oldest] = links.keys();
    if (links.size >= MOST_LINKS && oldest !== undefined) links.delete(oldest);
    links.set(key, link);
    return link;
  }

  return {
    hear: (chunk, nowMs) => {
      const out: Uint8Array[] = [];
      for (const frame of cutter.take(chunk)) {
        const link = linkOf(frame);
        if (link === undefined) continue;
        const { station, effects } = hearAtServer(link.station, frame, (payload) =>
          link.session.answer(payload, nowMs),
        );
        link.station = station;
        for (const effect of effects)
          if (effect.kind === 'send') out.push(effect.bytes);
          else if (effect.kind === 'opened' || effect.kind === 'closed') link.session.reset();
      }
      return out;
    },
  };
}

export function wrapperServerLink(find: FindSession): ServerLink {
  const cutter = new Cutter<WrapperUnit>(decodeWrapper);
  const sessions = new Map<string, MeterSession>();
  return {
    hear: (chunk, nowMs) => {
      const out: Uint8Array[] = [];
      for (const { source, destination, payload } of cutter.take(chunk)) {
        const key = `${source} ${destination}`;
        const session = sessions.get(key) ?? find(source, destination, undefined);
        if (session === undefined) continue;
        if (sessions.size < MOST_LINKS) sessions.set(key, session);
        const answer = session.answer(payload, nowMs);
        if (answer !== undefined)
          out.push(encodeWrapper({ version: 1, source: destination, destination: source, payload: answer }));
      }
      return out;
    },
  };
}

/** A simulated street answers either kind on one port: a frame begins with a flag, a wrapper with zero, a call of mode E with a slash. */
export function eitherServerLink(find: FindSession, parameters: HdlcParameters): ServerLink {
  let chosen: ServerLink | undefined;
  return {
    hear: (chunk, nowMs) => {
      chosen ??=
        chunk[0] === FLAG || ((chunk[0] ?? 0) & SEVEN_BITS) === SLASH
          ? modeEServerLink(hdlcServerLink(find, parameters))
          : wrapperServerLink(find);
      return chosen.hear(chunk, nowMs);
    },
  };
}

/** Lines of text first, if any; then, or from the first flag on, HDLC. */
function modeEServerLink(inner: ServerLink): ServerLink {
  let line: number[] = [];
  let isHandedOver = false;
  return {
    hear: (chunk, nowMs) => {
      const out: Uint8Array[] = [];
      for (let at = 0; at < chunk.length; at += 1) {
        const byte = chunk[at] ?? 0;
        if (isHandedOver || (line.length === 0 && byte === FLAG)) {
          isHandedOver = true;
          return [...out, ...inner.hear(chunk.subarray(at), nowMs)];
        }
        line = line.length < MOST_LINE ? [...line, byte] : [];
        if ((byte & SEVEN_BITS) !== LINE_END) continue;
        const answer = answerModeE(Uint8Array.from(line));
        line = [];
        if (answer === undefined) continue;
        out.push(answer.bytes);
        isHandedOver = answer.isHandedOver;
      }
      return out;
    },
  };
}
