/** The two ways a client's messages travel: numbered HDLC frames, or the wrapper over a line that loses nothing. */

import { ProtocolError } from '@contor/kit';
import type { HdlcAddress } from '../../codec/hdlc/address.js';
import { decodeFrame, type HdlcFrame } from '../../codec/hdlc/frame.js';
import type { HdlcParameters } from '../../codec/hdlc/parameters.js';
import { decodeWrapper, encodeWrapper, type WrapperUnit } from '../../codec/wrapper.js';
import { Cutter } from './cutter.js';
import {
  closeStation,
  hearAtClient,
  type LinkEffect,
  type LinkStep,
  newStation,
  openStation,
  type Station,
  sayOn,
  wakeStation,
} from './station.js';

export interface ClientLink {
  readonly deadlineMs: number | undefined;
  open(nowMs: number): readonly LinkEffect[];
  close(nowMs: number): readonly LinkEffect[];
  say(payload: Uint8Array, nowMs: number): readonly LinkEffect[];
  hear(chunk: Uint8Array, nowMs: number): readonly LinkEffect[];
  wake(nowMs: number): readonly LinkEffect[];
}

export interface HdlcLinkSettings {
  /** 16 is the public client. */
  readonly client: number;
  readonly server: HdlcAddress;
  readonly parameters: HdlcParameters;
  readonly patienceMs: number;
}

/** Frames of 2 kB are the most the length field can say less its headers; a window of one is what every meter can do. */
export const HDLC_PROPOSAL: HdlcParameters = {
  maxInformationTransmit: 1024,
  maxInformationReceive: 1024,
  windowTransmit: 1,
  windowReceive: 7,
};

export function hdlcClientLink({ client, server, parameters, patienceMs }: HdlcLinkSettings): ClientLink {
  const own: HdlcAddress = { upper: client, size: 1 };
  const cutter = new Cutter<HdlcFrame>(decodeFrame);
  let station: Station = newStation({ role: 'client', own, peer: server, parameters, patienceMs });
  const take = (step: LinkStep): readonly LinkEffect[] => {
    station = step.station;
    return step.effects;
  };
  return {
    get deadlineMs() {
      return station.deadlineMs;
    },
    open: (nowMs) => take(openStation(station, nowMs)),
    close: (nowMs) => take(closeStation(station, nowMs)),
    say: (payload, nowMs) => take(sayOn(station, payload, nowMs)),
    hear: (chunk, nowMs) => {
      const effects: LinkEffect[] = [];
      for (const frame of cutter.take(chunk))
        if (isSame(frame.source, server) && (isSame(frame.destination, own) || frame.control.name === 'UI'))
          effects.push(...take(hearAtClient(station, frame, nowMs)));
      return effects;
    },
    wake: (nowMs) => take(wakeStation(station, nowMs)),
  };
}

/** IEC 62056-47: the ports stand for client and logical device; TCP has made the connection. */
export function wrapperClientLink({
  client,
  server,
}: {
  readonly client: number;
  readonly server: number;
}): ClientLink {
  const cutter = new Cutter<WrapperUnit>(decodeWrapper);
  return {
    deadlineMs: undefined,
    open: () => [{ kind: 'opened' }],
    close: () => [{ kind: 'closed' }],
    say: (payload) => [
      { kind: 'send', bytes: encodeWrapper({ version: 1, source: client, destination: server, payload }) },
    ],
    hear: (chunk) => {
      const effects: LinkEffect[] = [];
      for (const { source, destination, payload } of cutter.take(chunk))
        if (source === server && destination === client) effects.push({ kind: 'message', payload, isUnasked: false });
      if (cutter.garbage === 0) return effects;
      // Behind a wrong length nothing on a stream can be trusted: there is no mark to look for.
      const error = new ProtocolError('wrapper.stream', 'The stream is out of step.', {});
      return [...effects, { kind: 'fail', error }];
    },
    wake: () => [],
  };
}

/** A server may answer with an address of another size, or say its physical device where it was not asked for. */
function isSame(a: HdlcAddress, b: HdlcAddress): boolean {
  return a.upper === b.upper && (a.lower === undefined || b.lower === undefined || a.lower === b.lower);
}
