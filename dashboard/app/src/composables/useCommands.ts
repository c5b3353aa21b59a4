/** Requests for commands: the list, one of them with its meters, and what a person does with them. */

import { PlatformError } from '../api/platform.js';
import { type Command, RUNNING, toCommand, toCommands } from '../logic/commands.js';
import { heldValue } from '../logic/remote.js';
import { useGateway } from './useGateway.js';
import { usePolling } from './usePolling.js';
import { useRemote } from './useRemote.js';

export type CommandFilter = 'open' | 'running' | 'all';

const LIST_EVERY_MS = 10_000;
/** While something moves one wants to see it move. */
const MOVING_EVERY_MS = 2_000;
const MOST = 200;
const PREFIX = 'urn:ngsi-ld:CommandRequest:';

export function commandAddress({ id }: { readonly id: string }): string {
  return `/commands/${encodeURIComponent(id.replace(PREFIX, ''))}`;
}

function pathOf(localId: string): string {
  return `/api/commands/${encodeURIComponent(PREFIX + localId)}`;
}

export function useCommands(filter: () => CommandFilter) {
  const { ask } = useGateway();
  const { remote, refresh } = useRemote<readonly Command[]>({
    key: filter,
    load: async (signal) => {
      const query = filter() === 'open' ? `?status=requested&limit=${MOST}` : `?limit=${MOST}`;
      const commands = toCommands((await ask(`/api/commands${query}`, signal)).body);
      return filter() === 'running' ? commands.filter(({ status }) => RUNNING.includes(status)) : commands;
    },
    isEmpty: (commands) => commands.length === 0,
  });
  usePolling(refresh, LIST_EVERY_MS);
  return { remote, refresh };
}

export function useCommand(localId: () => string | undefined) {
  const { ask, tell } = useGateway();
  const { remote, refresh } = useRemote<Command>({
    key: localId,
    load: async (signal) => whole((await ask(pathOf(localId() ?? ''), signal)).body),
  });
  let quietTurns = 0;
  usePolling(() => {
    const held = heldValue(remote.value);
    const isMoving = held !== undefined && RUNNING.includes(held.status);
    quietTurns = isMoving ? 0 : (quietTurns + 1) % (LIST_EVERY_MS / MOVING_EVERY_MS);
    if (isMoving || quietTurns === 0) refresh();
  }, MOVING_EVERY_MS);

  const decide = async (verb: 'approve' | 'reject' | 'withdraw', body: object): Promise<Command> => {
    const command = whole((await tell('POST', `${pathOf(localId() ?? '')}/${verb}`, body)).body);
    remote.value = { kind: 'ready', value: command, atMs: Date.now() };
    return command;
  };
  return { remote, refresh, decide };
}

export interface Wish {
  readonly command: Command['command'];
  readonly targets: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

export function useCommandRequest() {
  const { tell } = useGateway();
  return async (wish: Wish): Promise<Command> => whole((await tell('POST', '/api/commands', wish)).body);
}

function whole(body: unknown): Command {
  const command = toCommand(body);
  if (command === undefined) throw new PlatformError({ code: 'unexpected', detail: 'The command has another form.' });
  return command;
}
