/** What a lockfile must be so that a build is made of what was reviewed and of nothing else (T33). Every rule gives a list of its faults. */

export interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly inBundle?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type Packages = Readonly<Record<string, LockEntry>>;

export interface Lockfile {
  readonly lockfileVersion: number;
  readonly packages: Packages;
}

/** Install scripts that exist but are not needed: the binary itself comes as an optional package. */
const SCRIPTS_NOT_NEEDED: readonly string[] = ['unrs-resolver'];

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** What npm fetches: neither the workspaces nor the links to them. */
export function fetched(packages: Packages): readonly (readonly [path: string, entry: LockEntry])[] {
  return Object.entries(packages).filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true);
}

/** An alias (`npm:typescript@…`) has its real name inside. */
export function labelOf([path, { name = nameOf(path), version = '?' }]: readonly [string, LockEntry]): string {
  return `${name}@${version}`;
}

export function missingBinaries(packages: Packages): readonly string[] {
  const listed = new Set(Object.keys(packages).map(nameOf));
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !listed.has(name))
      .map((name) => `${nameOf(path)} ${entry.version}: ${name}`),
  );
}

export function looseDigests(packages: Packages): readonly string[] {
  // A sha512 digest is 64 bytes: 86 letters of base64 and two signs of padding.
  const isFirm = ({ integrity = '' }: LockEntry) => /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
  return fetched(packages)
    .filter(([, entry]) => !isFirm(entry))
    .map(labelOf);
}

/** With the registry of whoever installs: no host is named, so none can be put in its place. */
export function otherSources(packages: Packages): readonly string[] {
  return fetched(packages)
    .filter(([, { resolved, inBundle }]) => resolved !== undefined || inBundle === true)
    .map(labelOf);
}

/** Ranges that lead round the registry: git, a URL, a folder, a repository. Aliases of the registry are none. */
export function foreignRanges(packages: Packages): readonly string[] {
  const isForeign = (range: string) =>
    /^(git|https?|file|link|github|gitlab|bitbucket|ssh|workspace)[+:]|^[\w.-]+\/[\w.-]+(#|$)|:\/\//.test(range);
  return Object.entries(packages).flatMap(([path, { dependencies = {}, optionalDependencies = {} }]) =>
    Object.entries({ ...dependencies, ...optionalDependencies })
      .filter(([, range]) => isForeign(range))
      .map(([name, range]) => `${path || 'the root'}: ${name} ${range}`),
  );
}

export function installScripts(packages: Packages): readonly string[] {
  const scripts = fetched(packages).filter(([, entry]) => entry.hasInstallScript === true);
  return scripts.filter(([path]) => !SCRIPTS_NOT_NEEDED.includes(nameOf(path))).map(labelOf);
}

/** A link that leads out of the house would install whatever lies there. */
export function strayLinks(packages: Packages, workspaces: readonly string[]): readonly string[] {
  return Object.entries(packages).flatMap(([path, { link, resolved = '' }]) =>
    link === true && !workspaces.includes(resolved) ? [`${path} → ${resolved}`] : [],
  );
}
