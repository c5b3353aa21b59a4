/** CPU time and memory of other processes, as Linux tells them. Elsewhere there is nothing to read, and the figures are null. */

import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second for user space (USER_HZ). */
const TICK_US = 10_000;

/** CPU microseconds a process has used so far; null where the system does not tell. */
export function cpuUsOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return null;
  }
}

/** Proportional set size of a process in bytes: shared pages are divided among those who share them. */
export function pssOf(pid: number): number | null {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** A process and all its descendants. */
export function treeOf(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const text = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // The process ended between the listing and the look.
    }
  }
  const all = [root];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}

/** A fixed piece of JSON work, in milliseconds: run beside a bench it tells a quiet machine from a busy one. */
export function calibrateMs(): number {
  const sample = JSON.stringify(
    Array.from({ length: 200 }, (_, index) => ({ index, name: `meter-${index}`, value: index / 7 })),
  );
  const startedAt = performance.now();
  let length = 0;
  for (let round = 0; round < 2_000; round += 1) length += JSON.stringify(JSON.parse(sample)).length;
  return length > 0 ? Math.round(performance.now() - startedAt) : 0;
}
