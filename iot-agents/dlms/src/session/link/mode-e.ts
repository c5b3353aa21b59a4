/**
 * The hand-over of IEC 62056-21, mode E (annex B): a meter is called as if for a readout, says by `\\2` in its identification that it speaks
 * HDLC, is told so, and from then on the line is HDLC's. Over a serial server the rate stays what it is; parity bits are taken off.
 */

import { ProtocolError } from '@contor/kit';
import type { ClientLink } from './client-link.js';
import type { LinkEffect } from './station.js';

type Stage = 'dormant' | 'identifying' | 'confirming' | 'handed over';

const SEVEN_BITS = 0x7f;
const LINE_END = 0x0a;
const ACKNOWLEDGE = 0x06;
const REQUEST = latin1('/?!\r\n');
/** `/`, three letters of the maker, the rate, escapes of two characters, the identification. */
const IDENTIFICATION = /\/[A-Za-z]{3}([0-9A-Z])((?:\\[!-~])*)[^\r\n]{0,16}\r?$/;
const HDLC_ESCAPE = '\\2';
/** An identification has 32 characters at most, and noise may stand before it. */
const MOST_TEXT = 128;
const MAX_REPEATS = 3;

export function modeELink(inner: ClientLink, patienceMs: number): ClientLink {
  let stage: Stage = 'dormant';
  let text: number[] = [];
  let rate = '0';
  let repeatsLeft = MAX_REPEATS;
  let deadlineMs: number | undefined;

  function say(nowMs: number): readonly LinkEffect[] {
    text = [];
    deadlineMs = nowMs + patienceMs;
    return [{ kind: 'send', bytes: stage === 'identifying' ? REQUEST : confirmation(rate) }];
  }

  function fail(code: string, message: string): readonly LinkEffect[] {
    stage = 'dormant';
    deadlineMs = undefined;
    return [{ kind: 'fail', error: new ProtocolError(code, message, {}) }];
  }

  function takeLine(line: string, nowMs: number): readonly LinkEffect[] {
    if (stage === 'confirming') {
      if (!line.includes(`2${rate}2`)) return [];
      stage = 'handed over';
      deadlineMs = undefined;
      return inner.open(nowMs);
    }
    const [, baud, escapes] = IDENTIFICATION.exec(line) ?? [];
    // Noise, or our own request as an optical head echoes it.
    if (baud === undefined || escapes === undefined) return [];
    if (!escapes.includes(HDLC_ESCAPE)) return fail('mode-e.unsupported', 'The meter does not offer HDLC in mode E.');
    rate = baud;
    stage = 'confirming';
    repeatsLeft = MAX_REPEATS;
    return say(nowMs);
  }

  return {
    get deadlineMs() {
      return stage === 'handed over' ? inner.deadlineMs : deadlineMs;
    },
    open(nowMs) {
      stage = 'identifying';
      repeatsLeft = MAX_REPEATS;
      return say(nowMs);
    },
    close: (nowMs) => inner.close(nowMs),
    say: (payload, nowMs) => inner.say(payload, nowMs),
    hear(chunk, nowMs) {
      const effects: LinkEffect[] = [];
      for (let at = 0; at < chunk.length; at += 1) {
        if (stage === 'handed over') return [...effects, ...inner.hear(chunk.subarray(at), nowMs)];
        if (stage === 'dormant') return effects;
        const byte = (chunk[at] ?? 0) & SEVEN_BITS;
        text.push(byte);
        if (text.length > MOST_TEXT) text = [];
        if (byte !== LINE_END) continue;
        const line = String.fromCharCode(...text.slice(0, -1));
        text = [];
        effects.push(...takeLine(line, nowMs));
      }
      return effects;
    },
    wake(nowMs) {
      if (stage === 'handed over') return inner.wake(nowMs);
      if (deadlineMs === undefined || nowMs < deadlineMs) return [];
      if (repeatsLeft === 0) return fail('hdlc.silence', 'Nobody answers on the line.');
      repeatsLeft -= 1;
      return say(nowMs);
    },
  };
}

/** The meter's side: what it answers to a line, and whether the line is HDLC's from now on. */
export function answerModeE(
  line: Uint8Array,
): { readonly bytes: Uint8Array; readonly isHandedOver: boolean } | undefined {
  const said = String.fromCharCode(...line.map((byte) => byte & SEVEN_BITS));
  if (/\/\?[^!]*!\r?\n$/.test(said)) return { bytes: latin1('/CTR5\\2CONTOR-SIM\r\n'), isHandedOver: false };
  const isChoice = said.charCodeAt(0) === ACKNOWLEDGE && /^2.2\r?\n$/.test(said.slice(1));
  return isChoice ? { bytes: line, isHandedOver: true } : undefined;
}

/** ACK, protocol 2, the rate of the identification, mode 2: binary. */
function confirmation(rate: string): Uint8Array {
  return Uint8Array.of(ACKNOWLEDGE, ...latin1(`2${rate}2\r\n`));
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}
