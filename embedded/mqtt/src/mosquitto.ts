/**
 * The same rules for Mosquitto: its configuration and its access list, made from our credentials. Passwords cannot go along, because we keep
 * only hashes of another kind; `mosquitto_passwd` makes new ones. What Mosquitto cannot promise stands in docs/mqtt.md.
 */

import { expand, type Identity, type TopicRules } from './access.js';

export interface MosquittoFacts {
  readonly port: number;
  readonly host?: string;
  readonly folder: string;
  /** Certificate authority, chain and key; without them only for loopback. */
  readonly tls?: { readonly ca: string; readonly certificate: string; readonly key: string };
}

export interface RuledIdentity extends Identity {
  readonly rules: TopicRules;
}

export function mosquittoConfiguration({ port, host, folder, tls }: MosquittoFacts): string {
  const lines = [
    `listener ${port}${host === undefined ? '' : ` ${host}`}`,
    ...(tls === undefined ? [] : [`cafile ${tls.ca}`, `certfile ${tls.certificate}`, `keyfile ${tls.key}`]),
    'allow_anonymous false',
    `password_file ${folder}/passwd`,
    `acl_file ${folder}/acl`,
    '# The client id is the username: nobody takes over the session of another. The agent then has one connection.',
    'use_username_as_clientid true',
    '# A retained lie outlives its sender, and an access list cannot tell a retained message from another.',
    'retain_available false',
    'persistence true',
    `persistence_location ${folder}/`,
    '# Saves after every change. Without these two lines a kill -9 loses every session.',
    'autosave_on_changes true',
    'autosave_interval 1',
    '# The default of 1000 drops acknowledged messages for an absent subscriber, without a crash and without a word.',
    'max_queued_messages 0',
    'max_queued_bytes 0',
    'max_inflight_messages 1000',
    '# Not message_size_limit, which acknowledges an oversized publish and drops it.',
    'max_packet_size 262144',
  ];
  return `${lines.join('\n')}\n`;
}

/** Rules about retained messages have no place there: `retain_available false` forbids them all. */
export function mosquittoAccessList(identities: readonly RuledIdentity[]): string {
  const blocks = identities.map(({ rules, ...identity }) => {
    const lines = (verb: string, filters: readonly string[]) =>
      filters.flatMap((filter) => expand(filter, identity) ?? []).map((filter) => `topic ${verb} ${filter}`);
    return [`user ${identity.username}`, ...lines('write', rules.publish), ...lines('read', rules.subscribe)].join(
      '\n',
    );
  });
  return `${blocks.join('\n\n')}\n`;
}
