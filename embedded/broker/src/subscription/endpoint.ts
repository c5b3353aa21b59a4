/**
 * Where a notification may go (GS CIM 009 V1.9.1, 5.2.15, 7.2): http(s) or mqtt(s), and only to hosts the operator allowed.
 * Nobody's URL turns this broker into a proxy.
 */

import { listHosts } from '@contor/kit';
import { badRequest } from '../problem.js';
import { MASK } from './secrets.js';

export type HostCheck = (uri: string) => URL;

const HTTP = new Set(['http:', 'https:']);
export const MQTT = new Set(['mqtt:', 'mqtts:']);
/** MQTT 3.1.1, 4.7: a topic to publish on has no wildcard and no NUL; those that begin with $ are the server's. */
const TOPIC = /^[^$+#\0][^+#\0]{0,1023}$/;

/** Checks an endpoint; throws a Problem that says which hosts are allowed. */
export function allowHosts(hosts: readonly string[]): HostCheck {
  const allowed = listHosts(hosts);
  return (uri) => {
    const url = parseUrl(uri);
    if (!HTTP.has(url.protocol) && !MQTT.has(url.protocol))
      throw badRequest('endpoint.uri must be an http, https, mqtt or mqtts URL');
    if (HTTP.has(url.protocol) && (url.username !== '' || url.password !== ''))
      throw badRequest('endpoint.uri must not carry credentials; use receiverInfo');
    if (!allowed.has(url.hostname)) {
      throw badRequest(
        `endpoint.uri: notifications to '${url.hostname}' are not allowed here; allowed hosts are ${hosts.join(', ')} (BROKER_NOTIFY_HOSTS)`,
      );
    }
    if (MQTT.has(url.protocol)) checkMqtt(url);
    return url;
  };
}

/** 7.2: `mqtt[s]://[user[:password]@]host[:port]/topic[/subtopic]*`. */
export function topicOf(url: URL): string {
  return decoded(url.pathname.slice(1));
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw error instanceof URIError ? badRequest('endpoint.uri has a % that means nothing') : error;
  }
}

/** As a reader of the subscription may see it: whoever knows the password need not be told. */
export function shownUri(uri: string): string {
  const url = parseUrl(uri);
  if (url.password === '') return uri;
  url.password = MASK;
  return url.href;
}

/** A masked password stands for the one that is kept, but only for the same user at the same place. */
export function unmaskedUri(uri: string, old: string | undefined): string {
  const url = parseUrl(uri);
  if (decoded(url.password) !== MASK) return uri;
  const known = old === undefined ? undefined : parseUrl(old);
  if (
    known === undefined ||
    known.host !== url.host ||
    known.protocol !== url.protocol ||
    known.username !== url.username
  )
    throw badRequest('endpoint.uri: the password is a mask; a new endpoint needs the password itself');
  url.password = known.password;
  return url.href;
}

function checkMqtt(url: URL): void {
  if (!TOPIC.test(topicOf(url)) || url.search !== '' || url.hash !== '')
    throw badRequest('endpoint.uri of mqtt ends in a topic, without wildcards, query or fragment (7.2)');
  for (const part of [url.username, url.password]) decoded(part);
}

function parseUrl(uri: string): URL {
  try {
    return new URL(uri);
  } catch (error) {
    throw error instanceof TypeError ? badRequest('endpoint.uri is not a URL') : error;
  }
}
