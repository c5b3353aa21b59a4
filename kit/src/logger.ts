/** The Logger on pino: one JSON line an event, secrets redacted, control characters escaped, written before the call returns. */

import { destination, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import type { LevelSwitch, Logger, LogLevel } from './log.js';
import { escapeControls, redact, redactText } from './redaction.js';

export interface LoggerOptions {
  readonly service: string;
  /** Default 'info'. Readings are personal data and stand in 'debug' lines only. */
  readonly level?: LogLevel;
  /** Gets each finished line with its line feed. Default: standard output. */
  readonly write?: (line: string) => void;
}

export function createLogger({ service, level = 'info', write }: LoggerOptions): Logger {
  const out = write ?? standardOutput();
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => out(escapeControls(line)) },
  );
  return wrap(logger, { level });
}

const switches = new WeakMap<Logger, LevelSwitch>();

/** undefined: not a log of ours. */
export function logLevelOf(log: Logger): LevelSwitch | undefined {
  return switches.get(log);
}

/** Synchronous, so that the line that explains a crash is out before the process is gone. */
function standardOutput(): (line: string) => void {
  const stream = destination({ fd: 1, sync: true });
  return (line) => void stream.write(line);
}

function wrap(logger: Pino, shared: LevelSwitch): Logger {
  const at =
    (level: LogLevel) =>
    (facts: object, sentence: string): void => {
      if (logger.level !== shared.level) logger.level = shared.level;
      if (logger.isLevelEnabled(level)) logger[level](redact(facts), redactText(sentence));
    };
  const log: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => wrap(logger.child(redact(facts)), shared),
  };
  switches.set(log, shared);
  return log;
}
