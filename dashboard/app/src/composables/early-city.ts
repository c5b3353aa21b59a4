/**
 * The first questions about the city, asked before the page is drawn: drawing keeps the browser busy for as long as the answers take, and a
 * question that begins with a promise would only leave when it is done.
 */
import type { Platform } from '../api/platform.js';
import { CITY_TYPES } from '../logic/city.js';
import type { Entity } from '../logic/ngsi.js';

type Lists = readonly (readonly Entity[])[];

let early: Promise<Lists> | undefined;

export function askCity(platform: Platform, signal: AbortSignal): Promise<Lists> {
  return Promise.all(CITY_TYPES.map((type) => platform.entities(type, signal)));
}

/** Resolves when the questions are on their way. */
export async function askCityEarly(platform: Platform): Promise<void> {
  early = askCity(platform, new AbortController().signal);
  early.catch(() => undefined); // Whoever takes it hears of it.
  await new Promise((resolve) => setTimeout(resolve));
}

/** The answers, for the first who asks. */
export function takeEarlyCity(): Promise<Lists> | undefined {
  const taken = early;
  early = undefined;
  return taken;
}
