/** What is sent to the routes of commands, read under limits: the answer is a value, or what is wrong with it in a sentence. */

import { type CommandName, isCommand, MOST_TARGETS, parameterFault } from '@contor/policy';

export type Read<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly detail: string };

export interface WantedCommand {
  readonly command: CommandName;
  /** Each once, sorted. */
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

const DEVICE = /^urn:ngsi-ld:Device:[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;
const LONGEST_REASON = 500;
const MOST_PARAMETERS = 10;

export function readWanted(body: unknown): Read<WantedCommand> {
  if (!isFields(body)) return fault('Send a JSON object with command, targets and reason.');
  const { command, targets, parameters = {}, reason } = body;
  if (typeof command !== 'string' || !isCommand(command)) return fault('There is no such command.');
  if (!Array.isArray(targets) || targets.length === 0) return fault('Name at least one meter in targets.');
  if (targets.length > MOST_TARGETS) return fault(`Name at most ${MOST_TARGETS} meters.`);
  if (!targets.every((target): target is string => typeof target === 'string' && DEVICE.test(target)))
    return fault('Each target is the URN of a Device.');
  if (!isFields(parameters) || Object.keys(parameters).length > MOST_PARAMETERS)
    return fault('parameters is a small JSON object.');
  const wrong = parameterFault(command, parameters);
  if (wrong !== undefined) return fault(`${wrong}.`);
  const said = readReason(reason);
  if (said === undefined) return fault(`Say why, in at most ${LONGEST_REASON} characters.`);
  return { kind: 'value', value: { command, parameters, reason: said, targets: [...new Set(targets)].sort() } };
}

export function readDecision(body: unknown): Read<{ readonly requestHash: string; readonly reason: string }> {
  const { requestHash, reason } = isFields(body) ? body : {};
  if (typeof requestHash !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(requestHash))
    return fault('Name the requestHash of what you have seen.');
  return { kind: 'value', value: { requestHash, reason: readReason(reason) ?? '' } };
}

export function readWhy(body: unknown): Read<{ readonly reason: string }> {
  const reason = readReason(isFields(body) ? body.reason : undefined);
  return reason === undefined
    ? fault(`Say why, in at most ${LONGEST_REASON} characters.`)
    : { kind: 'value', value: { reason } };
}

function readReason(reason: unknown): string | undefined {
  const text = typeof reason === 'string' ? reason.trim() : '';
  return text === '' || text.length > LONGEST_REASON ? undefined : text;
}

function fault(detail: string): { readonly kind: 'fault'; readonly detail: string } {
  return { kind: 'fault', detail };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
