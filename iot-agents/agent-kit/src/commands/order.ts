/**
 * Whether a signed order may be carried out here and now (trust T22, T23): pure, one row for each reason against it. The signature
 * is checked before; what is left is whom the order means, for how long it holds, and what the device is.
 */

import type { OrderStatement } from '@contor/policy';
import type { Device } from '../registry/device.js';

/** What the request around the order says, and what we know ourselves. */
export interface OrderFacts {
  readonly nowMs: number;
  /** Of the request (NGSILD-Tenant). */
  readonly tenant: string;
  /** The entity and the attribute it was written to. */
  readonly entityId: string;
  readonly attribute: string;
  readonly device: Device | undefined;
  /** What the model of the device can do. */
  readonly commands: readonly string[];
}

export interface OrderRefusal {
  /** A status that a broker passes on as it is; every other one would be told as "outcome unknown". */
  readonly status: 400 | 404 | 409 | 422;
  readonly reason: string;
}

/** T22: 15 minutes at the most, whatever the order itself says. */
const LONGEST_VALIDITY_MS = 15 * 60_000;
/** Clocks of two machines that are kept right differ by less. */
const CLOCK_SKEW_MS = 60_000;

interface Rule {
  readonly reason: string;
  readonly status: OrderRefusal['status'];
  readonly isBroken: (order: OrderStatement, facts: OrderFacts) => boolean;
}

const RULES: readonly Rule[] = [
  { reason: 'order.device-unknown', status: 404, isBroken: (_, { device }) => device === undefined },
  { reason: 'order.other-device', status: 400, isBroken: ({ device }, { entityId }) => device !== entityId },
  { reason: 'order.other-command', status: 400, isBroken: ({ command }, { attribute }) => command !== attribute },
  {
    reason: 'order.other-tenant',
    status: 400,
    isBroken: (order, { tenant, device }) => order.tenant !== tenant || order.tenant !== device?.tenant,
  },
  {
    reason: 'order.other-serial',
    status: 400,
    isBroken: ({ serialNumber }, { device }) =>
      device?.serialNumber === undefined || serialNumber !== device.serialNumber,
  },
  {
    reason: 'order.unsupported',
    status: 422,
    isBroken: ({ command }, { commands }) => !commands.includes(command),
  },
  {
    reason: 'order.not-simulated',
    status: 400,
    isBroken: ({ onlyIfSimulated }, { device }) => onlyIfSimulated === true && device?.isSimulated !== true,
  },
  {
    reason: 'order.too-long',
    status: 400,
    // Written so that a missing or absurd number breaks it, too.
    isBroken: ({ issuedAtMs, notAfterMs }) => !(notAfterMs - issuedAtMs <= LONGEST_VALIDITY_MS),
  },
  {
    reason: 'order.not-yet',
    status: 400,
    isBroken: ({ issuedAtMs }, { nowMs }) => !(issuedAtMs <= nowMs + CLOCK_SKEW_MS),
  },
  { reason: 'order.expired', status: 409, isBroken: ({ notAfterMs }, { nowMs }) => !(nowMs <= notAfterMs) },
];

/** The first reason against it, or none. */
export function refusalOf(order: OrderStatement, facts: OrderFacts): OrderRefusal | undefined {
  const broken = RULES.find(({ isBroken }) => isBroken(order, facts));
  return broken && { status: broken.status, reason: broken.reason };
}
