/** Commands to meters as the gateway tells them (docs/commands.md): requests, what became of each meter, and what holds everything. */

import type { FunctionName } from '@contor/policy';
import { COMMAND_NAMES, COMMANDS, type CommandName, parameterFault } from '@contor/policy/commands';
import { itemsIn, type Json, listOf, momentIn, numberIn, objectOf, textIn } from './json.js';

export type { CommandName };

export const COMMAND_STATUSES = [
  'requested',
  'approved',
  'waiting',
  'sending',
  'done',
  'failed',
  'unknown',
  'rejected',
  'withdrawn',
  'expired',
  'refused',
  'stopped',
] as const;
export type CommandStatus = (typeof COMMAND_STATUSES)[number];
/** On their way: approved, but not over. */
export const RUNNING: readonly CommandStatus[] = ['approved', 'waiting', 'sending'];

export interface Someone {
  readonly id: string;
  readonly name: string;
}

export interface CommandTarget {
  readonly device: string;
  readonly name: string | undefined;
  readonly serialNumber: string | undefined;
  readonly status: CommandStatus;
  readonly text: string | undefined;
  readonly atMs: number | undefined;
  /** What was read back, name by name. */
  readonly result: readonly (readonly [name: string, value: string])[];
}

/** Why somebody who may approve cannot do it now. */
export const OBSTACLES = ['sign-in.stale', 'second-factor.missing', 'commands.same-person'] as const;
export type Obstacle = (typeof OBSTACLES)[number];

export interface Command {
  readonly id: string;
  readonly command: CommandName;
  readonly watts: number | undefined;
  readonly reason: string | undefined;
  readonly status: CommandStatus;
  readonly statusText: string | undefined;
  readonly requestedBy: Someone;
  readonly requestedAtMs: number | undefined;
  readonly decidedBy: Someone | undefined;
  readonly decidedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly requestHash: string;
  readonly needsApproval: boolean;
  readonly count: number;
  readonly targets: readonly CommandTarget[];
  readonly may: {
    readonly approve: boolean;
    readonly reject: boolean;
    readonly withdraw: boolean;
    readonly because: Obstacle | undefined;
  };
}

export interface Control {
  readonly state: 'running' | 'frozen' | 'stopped';
  readonly stopped:
    | { readonly by: Someone; readonly atMs: number | undefined; readonly reason: string | undefined }
    | undefined;
  readonly frozen: { readonly atMs: number | undefined; readonly reason: string | undefined } | undefined;
  readonly voices: { readonly resume: readonly Someone[]; readonly unfreeze: readonly Someone[] };
  readonly voicesNeeded: number;
  readonly caps:
    | {
        readonly personPerHour: number;
        readonly personUsed: number;
        readonly tenantPerHour: number;
        readonly tenantUsed: number;
      }
    | undefined;
  readonly may: { readonly stop: boolean; readonly resume: boolean; readonly unfreeze: boolean };
}

/** `undefined` for a command that this page does not know: it is not shown as another one. */
export function toCommand(value: unknown): Command | undefined {
  const json = objectOf(value);
  const id = textIn(json, 'id');
  const command = COMMAND_NAMES.find((name) => name === json.command);
  if (id === undefined || command === undefined) return undefined;
  const may = objectOf(json.may);
  return {
    id,
    command,
    watts: numberIn(objectOf(json.parameters), 'watts'),
    reason: textIn(json, 'reason'),
    status: statusOf(json),
    statusText: textIn(json, 'statusText'),
    requestedBy: toSomeone(json.requestedBy),
    requestedAtMs: momentIn(json, 'requestedAt'),
    decidedBy: json.decidedBy === undefined ? undefined : toSomeone(json.decidedBy),
    decidedAtMs: momentIn(json, 'decidedAt'),
    finishedAtMs: momentIn(json, 'finishedAt'),
    requestHash: textIn(json, 'requestHash') ?? '',
    needsApproval: json.needsApproval !== false,
    count: numberIn(json, 'count') ?? listOf(json.targets).length,
    targets: listOf(json.targets).flatMap(toTarget),
    may: {
      approve: may.approve === true,
      reject: may.reject === true,
      withdraw: may.withdraw === true,
      because: OBSTACLES.find((obstacle) => obstacle === may.because),
    },
  };
}

export function toCommands(body: unknown): readonly Command[] {
  return itemsIn(body, 'commands').flatMap((item) => toCommand(item) ?? []);
}

export function toControl(body: unknown): Control {
  const json = objectOf(body);
  const voices = objectOf(json.voices);
  const may = objectOf(json.may);
  const stopped = objectOf(json.stopped);
  const frozen = objectOf(json.frozen);
  return {
    state: json.state === 'stopped' || json.state === 'frozen' ? json.state : 'running',
    stopped:
      json.stopped === undefined
        ? undefined
        : { by: toSomeone(stopped.by), atMs: momentIn(stopped, 'at'), reason: textIn(stopped, 'reason') },
    frozen: json.frozen === undefined ? undefined : { atMs: momentIn(frozen, 'at'), reason: textIn(frozen, 'reason') },
    voices: { resume: voicesIn(voices, 'resume'), unfreeze: voicesIn(voices, 'unfreeze') },
    voicesNeeded: numberIn(json, 'voicesNeeded') ?? 2,
    caps: toCaps(objectOf(json.caps)),
    may: { stop: may.stop === true, resume: may.resume === true, unfreeze: may.unfreeze === true },
  };
}

/** What somebody may ask of a meter, in the order of the table. */
export function commandsFor(functions: readonly FunctionName[]): readonly CommandName[] {
  return COMMAND_NAMES.filter((name) => functions.includes(COMMANDS[name].function));
}

/** It takes somebody's supply away: a second person has to agree. */
export function needsApproval(command: CommandName): boolean {
  return COMMANDS[command].isRestricted;
}

/** What was typed, as the command takes it. */
export function parametersOf(
  command: CommandName,
  { watts, isStored }: { readonly watts: string; readonly isStored: boolean },
): Readonly<Record<string, unknown>> {
  if (command === 'limit') return { watts: /^\d+$/.test(watts) ? Number(watts) : Number.NaN };
  return command === 'read' && isStored ? { store: true } : {};
}

export function parametersAreGood(command: CommandName, parameters: Readonly<Record<string, unknown>>): boolean {
  return parameterFault(command, parameters) === undefined;
}

/** In order of concern: what has to be looked at, what moves, what is over. */
export function statusTone(status: CommandStatus): 'attention' | 'moving' | 'good' | 'bad' | 'over' {
  if (status === 'requested') return 'attention';
  if (RUNNING.includes(status)) return 'moving';
  if (status === 'done') return 'good';
  return status === 'failed' || status === 'unknown' || status === 'refused' ? 'bad' : 'over';
}

function toTarget(value: unknown): readonly CommandTarget[] {
  const json = objectOf(value);
  const device = textIn(json, 'device');
  if (device === undefined) return [];
  const result = Object.entries(objectOf(json.result)).map(([name, item]) => [name, String(item)] as const);
  return [
    {
      device,
      name: textIn(json, 'name'),
      serialNumber: textIn(json, 'serialNumber'),
      status: statusOf(json),
      text: textIn(json, 'text'),
      atMs: momentIn(json, 'at'),
      result,
    },
  ];
}

/** A word that is new to us is an outcome nobody can be sure of. */
function statusOf(json: Json): CommandStatus {
  return COMMAND_STATUSES.find((status) => status === json.status) ?? 'unknown';
}

function toSomeone(value: unknown): Someone {
  const json = objectOf(value);
  const id = textIn(json, 'id') ?? '';
  return { id, name: textIn(json, 'name') ?? id };
}

function voicesIn(json: Json, name: string): readonly Someone[] {
  return listOf(json[name]).map((voice) => toSomeone(objectOf(voice).by));
}

function toCaps(json: Json): Control['caps'] {
  const read = (name: string): number => numberIn(json, name) ?? 0;
  if (json.tenantPerHour === undefined) return undefined;
  return {
    personPerHour: read('personPerHour'),
    personUsed: read('personUsed'),
    tenantPerHour: read('tenantPerHour'),
    tenantUsed: read('tenantUsed'),
  };
}
