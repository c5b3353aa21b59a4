/**
 * Secrets that stand where everybody reads them: by their look (keys and tokens with a form of their own), by their disorder (long words that
 * no person writes), by the name they are given, and files that never belong into a tree. Linear expressions only.
 */

import { createHash } from 'node:crypto';

export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Finding {
  readonly path: string;
  readonly rule: string;
  /** The beginning alone: a report must not spread what it found. */
  readonly hint: string;
  /** Of rule and text, for the list of what is known. */
  readonly id: string;
}

interface Shape {
  readonly rule: string;
  readonly find: RegExp;
}

const SHAPES: readonly Shape[] = [
  { rule: 'private key', find: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----\s*(?:\\n)?\s*[A-Za-z0-9+/=\s\\]{60,}/g },
  { rule: 'master key', find: /\bcontor-key-[A-Za-z0-9+/_-]{40,}/g },
  { rule: 'AWS key', find: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { rule: 'GitHub token', find: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})/g },
  { rule: 'GitLab token', find: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  { rule: 'Slack token', find: /\bxox[abprs]-[A-Za-z0-9-]{20,}/g },
  { rule: 'Google key', find: /\bAIza[A-Za-z0-9_-]{35}/g },
  { rule: 'Stripe key', find: /\b[rs]k_live_[A-Za-z0-9]{20,}/g },
  { rule: 'npm token', find: /\bnpm_[A-Za-z0-9]{36,}/g },
  { rule: 'age key', find: /\bAGE-SECRET-KEY-1[A-Z0-9]{50,}/g },
  { rule: 'signed token', find: /\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{40,}/g },
  {
    rule: 'credentials in a URL',
    find: /\b[a-z][a-z0-9+.-]{1,15}:\/\/[A-Za-z0-9._-]{1,60}:[^\s/@:$<{'"`*]{8,80}@[A-Za-z0-9]/g,
  },
];

const LONG_WORD = /[A-Za-z0-9+/_=-]{32,}/g;
/** Bits a letter: prose has about 4, a path less, base64 of anything random more. */
const DISORDER_BITS = 4.5;
const NAMED =
  /(pass(?:word|wd|phrase)?|secret|token|api[-_]?key|private[-_]?key|master[-_]?key|\b[ae]k|psk)["']?\s{0,4}[:=]\s{0,4}["'`]([^"'`\s]{8,200})["'`]/gi;
/** Words joined by hyphens, paths and templates: what examples and tests write. */
const PLAIN_WORDS = /^[a-z0-9]{1,20}(?:[-_.][a-z0-9]{1,20})*$|^\/|^[A-Z]?[a-z]+$|\$\{|^https?:|^[*•.…x]+$/;
/** What a test makes up says so. */
const MADE_UP = /canary/i;
const FORBIDDEN_FILE =
  /(^|\/)(\.env(\..+)?|id_(rsa|ed25519|ecdsa)|[^/]*-key\.pem|[^/]*\.(p12|pfx|jks|keystore)|master-key|platform-secret|client-secret|manager\.json|\.netrc)$/;
/** Digests of packages, one of them on each line; and files of logs as they were, kept as samples. */
const NO_DISORDER = /(^|\/)(package-lock\.json|go\.sum|samples\/[^/]+\.json)$/;

export function findSecrets({ path, text }: Source): readonly Finding[] {
  const found = [
    ...(FORBIDDEN_FILE.test(path) ? [{ rule: 'file', word: path }] : []),
    ...SHAPES.flatMap(({ rule, find }) => [...text.matchAll(find)].map(([word]) => ({ rule, word }))),
    ...(NO_DISORDER.test(path) ? [] : disordered(text).map((word) => ({ rule: 'disorder', word }))),
    ...named(text).map((word) => ({ rule: 'name', word })),
  ];
  const isMadeUp = (word: string): boolean => path.startsWith('tests/') && MADE_UP.test(word);
  return found
    .filter(({ word }) => !isMadeUp(word))
    .map(({ rule, word }) => ({
      ...{ path, rule, hint: `${word.slice(0, 8)}… (${word.length})` },
      id: createHash('sha256').update(`${rule}\n${word}`).digest('hex').slice(0, 16),
    }));
}

function disordered(text: string): readonly string[] {
  return [...text.matchAll(LONG_WORD)]
    .map(([word]) => word)
    .filter((word) => isMixed(word) && bitsOf(word) >= DISORDER_BITS);
}

function named(text: string): readonly string[] {
  return [...text.matchAll(NAMED)]
    .map(([, , value = '']) => value)
    .filter((value) => !PLAIN_WORDS.test(value) && isMixed(value));
}

/** Letters of both cases and digits: a name in code has two of the three at most as a rule. */
function isMixed(word: string): boolean {
  return (
    [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(word)).length >=
    (word.length >= 32 && /^[0-9a-f]+$/i.test(word) ? 2 : 3)
  );
}

function bitsOf(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length);
  return bits;
}
