/** Logs: one JSON line each, an object and a short sentence. Secrets are redacted, control characters are escaped. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The level of a log and of everything that hangs on it, while it runs. */
export interface LevelSwitch {
  level: LogLevel;
}

export interface Logger {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
  child(facts: object): Logger;
}
