/**
 * Commands of a device that is known by its attributes and has no model (iotagent-node-lib, doc/api.md, "Command execution"): a bell, a
 * thermostat. They are unsigned, and so are never what a signature is asked for. Pure.
 */

import { isGuarded } from '@contor/policy';
import { compileExpression } from '../expressions/expression.js';
import { entityIdOf, entityTypeOf, variablesOf } from '../expressions/plan.js';
import type { CommandRow, Device } from '../registry/device.js';
import type { EntityName } from './teller.js';

/** A small packet of a small device. */
const LONGEST_COMMAND = 16 * 1024;

/** A device with a model has the commands of its model, which count by their signature. */
export function plainCommandsOf(device: Device): readonly CommandRow[] {
  return device.model === undefined ? (device.commands ?? []) : [];
}

export function commandEntityOf(device: Device): EntityName {
  return { id: entityIdOf(device), type: entityTypeOf(device) };
}

/** As the device knows it. */
export function wireNameOf({ objectId, name }: CommandRow): string {
  return objectId ?? name;
}

/** A name for us and another for the device: neither of them may be a guarded one. */
export function isGuardedRow(row: CommandRow): boolean {
  return isGuarded(row.name) || isGuarded(wireNameOf(row));
}

/** It comes by and asks. An address somebody wrote down for it (`endpoint`) is never called. */
export function isPolled({ transport, kept }: Device): boolean {
  return transport?.toUpperCase() === 'HTTP' || kept?.polling === true;
}

export type CommandValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly reason: string };

/** What is sent: the value as it was written, or what the expression of the command makes of it (`value` and `name` are the command's). */
export function commandValue(device: Device, row: CommandRow, written: unknown, nowMs: number): CommandValue {
  const value = row.expression === undefined ? written : computed(device, row, row.expression, written, nowMs);
  const text = value === undefined ? undefined : JSON.stringify(value);
  if (text === undefined) return { kind: 'fault', reason: 'command.value' };
  return text.length > LONGEST_COMMAND ? { kind: 'fault', reason: 'command.too-long' } : { kind: 'value', value };
}

function computed(device: Device, { name }: CommandRow, source: string, written: unknown, nowMs: number): unknown {
  const compiled = compileExpression(source);
  if (compiled.kind !== 'value') return undefined;
  const said = new Map<string, unknown>([
    ['value', written],
    ['name', name],
    [name, written],
  ]);
  const result = compiled.expression(variablesOf(device, entityIdOf(device), said), nowMs);
  return result.kind === 'value' ? result.value : undefined;
}
