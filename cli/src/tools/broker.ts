/** `contor broker …`: what people ask of a running broker. Why does a term mean that, how far behind is a subscriber, where is a notification. */

import type { ExplainedTerm } from '@contor/broker/front/vendor.js';
import type { Whereabouts } from '@contor/broker/subscription/whereabouts.js';
import type { Command } from 'commander';
import { askServer, type ServerFlags } from './server.js';

const URL_HELP = 'the broker (or BROKER_URL)';
const DEFAULT_URL = process.env.BROKER_URL ?? 'http://127.0.0.1:1026';
const VENDOR = '/ngsi-ld/ex/v1';
const LINK_REL = 'http://www.w3.org/ns/json-ld#context';

const EXAMPLES = `
More examples:
  contor broker --as orion-ld --data-folder ./strict-data        refuse and lose what Orion-LD does
  BROKER_HISTORY_URL=http://127.0.0.1:8668 contor broker --data-folder ./data     with the temporal API
  contor broker --data-folder ./data --context-hosts contexts.example.org         fetch @contexts from there, once
  contor broker explain totalActivePower
  contor broker where urn:ngsi-ld:ACMeasurement:e350-0001
Every operation with an example is in docs/broker.md.`;

interface ContextFlags extends ServerFlags {
  readonly context?: string;
}

interface LetterFlags extends ServerFlags {
  readonly replay?: boolean;
  readonly delete?: boolean;
}

export function addBrokerTools(broker: Command): void {
  // The broker has flags of the same names; what stands behind a command is that command's, all the way from the top.
  for (let command: Command | null = broker; command !== null; command = command.parent)
    command.enablePositionalOptions();
  broker.addHelpText('after', EXAMPLES);
  ask(broker, 'explain <term>', 'why a term of an @context expands as it does')
    .option('--context <url>', "an @context; without it the broker's default one")
    .addHelpText(
      'after',
      '\nExample:\n  contor broker explain warmth --context https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld',
    )
    .action(async (term: string, { context, ...flags }: ContextFlags) => {
      const headers = context === undefined ? {} : { Link: `<${context}>; rel="${LINK_REL}"` };
      const path = `${VENDOR}/explain?term=${encodeURIComponent(term)}`;
      for (const line of explanation((await askServer(flags, path, { headers })) as ExplainedTerm)) console.log(line);
    });
  ask(broker, 'outbox <subscription>', 'how far behind a subscriber is, and why')
    .addHelpText('after', '\nExample:\n  contor broker outbox urn:ngsi-ld:Subscription:contor-history-live')
    .action(async (id: string, flags: ServerFlags) => {
      const outbox = (await askServer(flags, pathOf(id, 'outbox'))) as Readonly<Record<string, unknown>>;
      for (const [name, value] of Object.entries(outbox)) console.log(`${name.padEnd(16)} ${String(value)}`);
    });
  ask(broker, 'dead-letters <subscription>', 'what could not be delivered; or send it again, or delete it')
    .option('--replay', 'send all of them again')
    .option('--delete', 'delete all of them')
    .addHelpText(
      'after',
      '\nExample:\n  contor broker dead-letters urn:ngsi-ld:Subscription:contor-history-live --replay',
    )
    .action(async (id: string, flags: LetterFlags) => {
      for (const line of await deadLetters(id, flags)) console.log(line);
    });
  ask(broker, 'where <entity>', 'what became of the notifications about an entity, subscription by subscription')
    .addHelpText('after', '\nExample:\n  contor broker where urn:ngsi-ld:ACMeasurement:e350-0001')
    .action(async (entity: string, flags: ServerFlags) => {
      const path = `${VENDOR}/notifications?entity=${encodeURIComponent(entity)}&limit=1000`;
      for (const line of whereaboutsLines((await askServer(flags, path)) as Where)) console.log(line);
    });
}

function ask(broker: Command, usage: string, about: string): Command {
  return broker
    .command(usage)
    .description(about)
    .option('--url <url>', URL_HELP, DEFAULT_URL)
    .option('--tenant <name>', 'the tenant; without it the default one');
}

export function explanation({
  term,
  iri,
  compacted,
  context,
  definedIn,
  line,
  because,
}: ExplainedTerm): readonly string[] {
  return [
    `${term}  →  ${iri}`,
    because,
    ...(definedIn === undefined ? [] : [`  in        ${definedIn}`]),
    ...(line === undefined ? [] : [`  line      ${line}`]),
    ...(compacted === term ? [] : [`  answers   ${compacted}`]),
    `  @context  ${typeof context === 'string' ? context : JSON.stringify(context)}`,
  ];
}

interface Where {
  readonly entity: string;
  readonly isThere: boolean;
  readonly subscriptions: readonly Whereabouts[];
}

const SAYS: Readonly<Record<Whereabouts['state'], string>> = {
  delivered: 'delivered',
  onItsWay: 'on its way',
  waiting: 'waiting',
  dead: 'dead',
  notConcerned: 'not concerned',
  quiet: 'concerned, nothing told of late',
};

export function whereaboutsLines({ entity, isThere, subscriptions }: Where): readonly string[] {
  const head = isThere ? entity : `${entity} (not in the broker now)`;
  if (subscriptions.length === 0) return [head, '  The tenant has no subscriptions.'];
  return [head, ...subscriptions.flatMap(lineOf)];
}

function lineOf(where: Whereabouts): readonly string[] {
  const { subscription, subscriptionName, state, delivered, waiting, deadLetters = [], because, lastReason } = where;
  const facts = [
    ...(delivered === undefined ? [] : [`told ${delivered.at} in ${delivered.notification}`]),
    ...(waiting === undefined ? [] : [`${waiting} waiting`]),
    ...(because === undefined || because.length === 0 ? [] : [`because of ${because.join(', ')}`]),
    ...(lastReason === undefined ? [] : [`subscriber: ${lastReason}`]),
    ...deadLetters.map(({ number, reason, changedAt }) => `letter ${number} of ${changedAt}: ${reason}`),
  ];
  return [`  ${subscriptionName ?? subscription}: ${SAYS[state]}`, ...facts.map((fact) => `    ${fact}`)];
}

async function deadLetters(
  id: string,
  { replay, delete: isDelete, ...flags }: LetterFlags,
): Promise<readonly string[]> {
  const path = pathOf(id, 'deadLetters');
  if (replay) {
    const { replaying } = (await askServer(flags, `${path}/replay`, { method: 'POST' })) as { replaying: number };
    return [`${replaying} are sent again.`];
  }
  if (isDelete) {
    await askServer(flags, path, { method: 'DELETE' });
    return ['They are deleted.'];
  }
  const letters = (await askServer(flags, `${path}?limit=1000`)) as readonly Readonly<Record<string, unknown>>[];
  if (letters.length === 0) return ['There are none.'];
  return letters.map(({ number, entity, changedAt, cause, reason }) =>
    [number, changedAt, entity, cause, reason].join('  '),
  );
}

function pathOf(subscription: string, what: string): string {
  return `${VENDOR}/subscriptions/${encodeURIComponent(subscription)}/${what}`;
}
