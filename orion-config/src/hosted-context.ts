/**
 * The platform's @context at a broker. Our own broker has it built in, under its name. A foreign one hosts it under an address
 * of its own making (GS CIM 009 V1.9.1, 5.13.2): it is recognised there by our prefix.
 */

import { type BrokerPort, type InstallStep, refused } from './broker-port.js';
import { CONTEXT_MARK, CONTEXT_URL, contextDocument } from './context.js';
import { covers, type Fields, isFields } from './covers.js';

interface Hosted {
  readonly url: string;
  readonly body: Fields;
}

const CONTEXTS = '/ngsi-ld/v1/jsonldContexts';
/**
 * Where the platform's @context is: what a Link header has to name. That of another version of the vocabulary is better than
 * none, while an update is under way. Undefined: it was not installed here, or the broker does not say.
 */
export async function findContext(broker: BrokerPort): Promise<string | undefined> {
  if (await isBuiltIn(broker)) return CONTEXT_URL;
  const list = await broker.request({ method: 'GET', path: `${CONTEXTS}?kind=Hosted` });
  if (list.status !== 200) return undefined;
  const hosted = await oursAmong(broker, list);
  return (hosted.find(isCurrent) ?? hosted.at(-1))?.url;
}

/** Hosts it where it is not yet; the old one goes when the vocabulary has changed. */
export async function installContext(broker: BrokerPort): Promise<InstallStep> {
  if (await isBuiltIn(broker)) return { what: 'context', id: CONTEXT_URL, did: 'untouched' };
  const hosted = await hostedContexts(broker);
  const equal = hosted.find(isCurrent);
  if (equal !== undefined) return { what: 'context', id: equal.url, did: 'untouched' };
  const answer = await broker.request({ method: 'POST', path: CONTEXTS, body: contextDocument() });
  if (answer.status !== 201) throw refused('hosting the context', answer);
  for (const old of hosted) await broker.request({ method: 'DELETE', path: contextPath(old.url) });
  // Its address is read from the list: a Location may be a path only, and a Link header needs the whole.
  const made = (await hostedContexts(broker)).find(isCurrent);
  if (made === undefined) throw refused('finding the context that was just hosted', answer);
  return { what: 'context', id: made.url, did: hosted.length === 0 ? 'created' : 'updated' };
}

async function isBuiltIn(broker: BrokerPort): Promise<boolean> {
  const { status } = await broker.request({ method: 'GET', path: `${CONTEXTS}/${encodeURIComponent(CONTEXT_URL)}` });
  return status === 200;
}

function isCurrent({ body }: Hosted): boolean {
  const document = contextDocument();
  return covers(body, document) && covers(document, body);
}

async function hostedContexts(broker: BrokerPort): Promise<readonly Hosted[]> {
  return oursAmong(broker, await broker.request({ method: 'GET', path: `${CONTEXTS}?kind=Hosted` }));
}

async function oursAmong(
  broker: BrokerPort,
  list: { readonly status: number; readonly body: unknown },
): Promise<readonly Hosted[]> {
  if (list.status !== 200 || !Array.isArray(list.body)) throw refused('listing the contexts', list);
  const ours: Hosted[] = [];
  for (const url of list.body) {
    if (typeof url !== 'string') continue;
    const { body } = await broker.request({ method: 'GET', path: contextPath(url) });
    if (isFields(body) && isFields(body['@context']) && CONTEXT_MARK in body['@context']) ours.push({ url, body });
  }
  return ours;
}

/** A hosted context is known by its address; brokers also answer to the last part of it (6.30.2). */
function contextPath(url: string): string {
  return `${CONTEXTS}/${encodeURIComponent(url.slice(url.lastIndexOf('/') + 1))}`;
}
