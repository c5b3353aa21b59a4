/**
 * Verifies the trail of a data folder as it lies there: the chain through archives and log, the anchors that were kept beside it and those that somebody
 * copied away, their signatures, the hashes of the sealed years. Reads only, so the gateway may run meanwhile.
 */

import { basename, join } from 'node:path';
import { type ChainFault, type ChainReport, type Disk, readChain, verifyChain } from '@contor/kit';
import { verifyStatement } from '@contor/policy';
import { type Anchor, readAnchors } from './anchors.js';
import { CHAIN_KIND, placesIn } from './places.js';
import { decodeRecord, type KeptRecord } from './record.js';
import { REMOVE, SEAL } from './retention.js';

export interface TrailOnDisk {
  readonly disk: Disk;
  /** The gateway's. */
  readonly dataFolder: string;
  /** Files of anchors that were copied away: these are what a forger could not reach. */
  readonly anchorFiles?: readonly string[];
  /** Where the archives are, when they were moved. */
  readonly archiveFolder?: string | undefined;
  /** With it, every anchor must be signed by it. */
  readonly publicKey?: Parameters<typeof verifyStatement>[1] | undefined;
}

export interface TrailFault {
  readonly kind: ChainFault['kind'] | 'signature' | 'unreadable';
  readonly sequence: number;
  readonly through: number;
  readonly where: string;
}

export interface TrailReport extends Omit<ChainReport, 'faults' | 'archives'> {
  readonly faults: readonly TrailFault[];
  readonly anchors: number;
  readonly archives: number;
  /** Records up to here were removed after the years to keep, and the trail says so. */
  readonly removedThrough: number;
}

interface Notice {
  readonly name: string;
  readonly sha256: string;
  readonly last: number;
}

export async function verifyTrail(trail: TrailOnDisk): Promise<TrailReport> {
  const { disk, dataFolder, anchorFiles = [], archiveFolder, publicKey } = trail;
  const places = placesIn(dataFolder);
  const anchors = await allAnchors(disk, [places.anchors, ...anchorFiles]);
  const archives = await archivesIn(disk, archiveFolder ?? places.archive);
  const sealed = new Map<string, Notice>();
  let removedThrough = 0;
  const others: TrailFault[] = [];
  const report = await verifyChain({
    ...{ disk, directory: places.log, kind: CHAIN_KIND, archives, anchors },
    onRecord(sequence, body) {
      const kept = parse(body);
      if (kept === undefined)
        return void others.push({ kind: 'unreadable', sequence, through: sequence, where: places.log });
      const notice = noticeIn(kept);
      if (notice !== undefined && kept.operation === SEAL) sealed.set(notice.name, notice);
      if (notice !== undefined && kept.operation === REMOVE) removedThrough = Math.max(removedThrough, notice.last);
    },
  });
  others.push(...report.archives.flatMap((archive) => archiveFault(archive, sealed)));
  if (publicKey !== undefined) others.push(...(await unsigned(anchors, publicKey)));
  const isMeant = ({ kind, sequence, through }: ChainFault): boolean =>
    kind === 'missing' && sequence === 1 && through <= removedThrough;
  const { faults: found, ...rest } = report;
  return {
    ...rest,
    faults: [...found.filter((fault) => !isMeant(fault)), ...others],
    faultCount: report.faultCount - found.filter(isMeant).length + others.length,
    anchors: anchors.length,
    archives: report.archives.length,
    removedThrough,
  };
}

/** Every record that can be read, oldest first, unverified. */
export async function* readTrail({
  disk,
  dataFolder,
  archiveFolder,
}: TrailOnDisk): AsyncGenerator<{ readonly sequence: number; readonly kept: KeptRecord }> {
  const places = placesIn(dataFolder);
  const archives = await archivesIn(disk, archiveFolder ?? places.archive);
  for await (const { sequence, body } of readChain({ disk, directory: places.log, kind: CHAIN_KIND, archives })) {
    const kept = parse(body);
    if (kept !== undefined) yield { sequence, kept };
  }
}

async function archivesIn(disk: Disk, folder: string): Promise<readonly { readonly path: string }[]> {
  return inOrder(await disk.list(folder)).map((name) => ({ path: join(folder, name) }));
}

async function allAnchors(disk: Disk, paths: readonly string[]): Promise<readonly Anchor[]> {
  const lists = await Promise.all(paths.map((path) => readAnchors(disk, path)));
  const byLine = new Map(lists.flat().map((anchor) => [JSON.stringify(anchor), anchor]));
  return [...byLine.values()];
}

/** `2025-1.chain` before `2026-90211.chain`. */
function inOrder(names: readonly string[]): readonly string[] {
  const first = (name: string): number => Number(/-(\d+)\.chain$/.exec(name)?.[1]);
  return names.filter((name) => /^\d{4}-\d+\.chain$/.test(name)).sort((a, b) => first(a) - first(b));
}

function parse(body: Uint8Array): KeptRecord | undefined {
  try {
    return decodeRecord(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function noticeIn({ after }: KeptRecord): Notice | undefined {
  if (typeof after !== 'object' || after === null) return undefined;
  const { name, sha256, last } = after as Partial<Record<keyof Notice, unknown>>;
  if (typeof name !== 'string' || typeof sha256 !== 'string' || typeof last !== 'number') return undefined;
  return { name, sha256, last };
}

/** A file that no record speaks of is not one that was sealed. */
function archiveFault(
  { path, sha256 }: ChainReport['archives'][number],
  sealed: ReadonlyMap<string, Notice>,
): readonly TrailFault[] {
  const notice = sealed.get(basename(path));
  if (notice?.sha256 === sha256) return [];
  return [{ kind: 'archive', sequence: 0, through: notice?.last ?? 0, where: path }];
}

/** An anchor without a signature, or with one about something else, was not written by the gateway. */
async function unsigned(
  anchors: readonly Anchor[],
  publicKey: NonNullable<TrailOnDisk['publicKey']>,
): Promise<readonly TrailFault[]> {
  const faults: TrailFault[] = [];
  for (const { day, sequence, hash, count, signature = '' } of anchors) {
    const verified = await verifyStatement(signature, publicKey, ['anchor']);
    const says = verified.kind === 'value' && verified.statement.kind === 'anchor' ? verified.statement : undefined;
    const isTrue = says?.day === day && says.sequence === sequence && says.hash === hash && says.count === count;
    if (!isTrue) faults.push({ kind: 'signature', sequence, through: sequence, where: day });
  }
  return faults;
}
