/** Flags of the longer suites: `--cycles 20 --seed 7 --full`. */

export interface Flags {
  readonly full: boolean;
  number(name: string, fallback: number): number;
}

export function readFlags(args: readonly string[]): Flags {
  return {
    full: args.includes('--full'),
    number(name, fallback) {
      const at = args.indexOf(`--${name}`);
      const value = at < 0 ? fallback : Number(args[at + 1]);
      if (!Number.isFinite(value)) throw new RangeError(`--${name} needs a number`);
      return value;
    },
  };
}
