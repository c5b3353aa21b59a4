/** Where people are signed in. */
import { itemsIn, momentIn, textIn } from './json.js';

export interface OpenSession {
  readonly id: string;
  readonly subject: string | undefined;
  readonly username: string;
  readonly createdAtMs: number | undefined;
  readonly lastSeenAtMs: number | undefined;
  readonly address: string | undefined;
  readonly agent: Agent | undefined;
  /** The one that this page itself uses. */
  readonly isCurrent: boolean;
}

/** What a person recognises of a user agent (RFC 9110, 10.1.5): no version, no engine. */
export interface Agent {
  readonly browser: string;
  readonly system: string | undefined;
}

/** Order matters: nearly every browser also claims to be the ones below it. */
const BROWSERS = [
  { mark: 'Edg/', name: 'Edge' },
  { mark: 'OPR/', name: 'Opera' },
  { mark: 'SamsungBrowser/', name: 'Samsung Internet' },
  { mark: 'Firefox/', name: 'Firefox' },
  { mark: 'Chrome/', name: 'Chrome' },
  { mark: 'Safari/', name: 'Safari' },
] as const;
const SYSTEMS = [
  { mark: 'Android', name: 'Android' },
  { mark: 'iPhone', name: 'iPhone' },
  { mark: 'iPad', name: 'iPad' },
  { mark: 'Windows', name: 'Windows' },
  { mark: 'Mac OS X', name: 'macOS' },
  { mark: 'Linux', name: 'Linux' },
] as const;

export function toSessions(body: unknown): readonly OpenSession[] {
  return itemsIn(body, 'sessions').flatMap((json) => {
    const id = textIn(json, 'id');
    if (id === undefined) return [];
    return [
      {
        id,
        subject: textIn(json, 'subject'),
        username: textIn(json, 'username') ?? '',
        createdAtMs: momentIn(json, 'createdAt'),
        lastSeenAtMs: momentIn(json, 'lastSeenAt'),
        address: textIn(json, 'address'),
        agent: agentOf(textIn(json, 'agent')),
        isCurrent: json.isCurrent === true || json.current === true,
      },
    ];
  });
}

export function agentOf(text: string | undefined): Agent | undefined {
  const browser = BROWSERS.find(({ mark }) => text?.includes(mark))?.name;
  if (text === undefined || browser === undefined) return undefined;
  return { browser, system: SYSTEMS.find(({ mark }) => text.includes(mark))?.name };
}
