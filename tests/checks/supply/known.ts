/** What looks like a secret and is none, each with its reason. The id is of rule and text: the same look elsewhere is found again. */

export interface KnownRow {
  readonly id: string;
  readonly path: RegExp;
  readonly why: string;
}

export const KNOWN: readonly KnownRow[] = [
  {
    id: '8cb2c8a79a985e55',
    path: /^tests\/e2e\/app-fixture\//,
    why: 'base64 of "this is not a real key, only a show"',
  },
  { id: '61a44a73bdb5cd5d', path: /^openapi\/history-query\//, why: 'a comment that names the form of a URL' },
];
