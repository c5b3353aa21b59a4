/**
 * The house rules about imports, as data and one pure function: arrows point down, never sideways, and never in a circle.
 * Reads import statements as text; what the compiler resolves is not needed to see which package a file leans on.
 */

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly file: string;
}

/** Floors of the house, by the folder a package lives in. An arrow may only point to a lower number. */
const FLOORS: readonly (readonly [prefix: string, floor: number])[] = [
  ['kit', 0],
  ['orion-config', 1],
  ['policy', 1],
  ['openapi/history-query', 3],
  ['openapi/', 2],
  ['iot-agents/agent-kit', 4],
  ['context-adapters/adapter-kit', 4],
  ['iot-agents/', 5],
  ['context-adapters/', 5],
  ['embedded/', 5],
  ['dashboard/', 5],
  ['cli', 6],
  ['tests', 7],
];

function floorOf(folder: string): number {
  const row = FLOORS.find(([prefix]) => folder === prefix || folder.startsWith(prefix));
  if (row === undefined) throw new RangeError(`no floor for ${folder}: give it one`);
  return row[1];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export function importsOf(source: string): readonly string[] {
  return [...source.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
}

/** Arrows that break a rule, each with the reason. */
export function faultsOf(arrows: readonly Arrow[]): readonly string[] {
  const upward = arrows
    .filter(({ from, to }) => from !== to && floorOf(from) <= floorOf(to))
    .map(
      ({ from, to, file }) =>
        `${file}: ${from} may not import ${to} (${floorOf(from) === floorOf(to) ? 'sideways' : 'upwards'})`,
    );
  return [...upward, ...circles(arrows).map((circle) => `circle: ${circle.join(' → ')}`)];
}

/** Every circle that a walk over the arrows meets, by the node where it closes. */
export function circles(
  arrows: readonly { readonly from: string; readonly to: string }[],
): readonly (readonly string[])[] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of arrows) if (from !== to) (next.get(from) ?? next.set(from, new Set()).get(from))?.add(to);
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) {
      found.push([...path.slice(at), node]);
      return;
    }
    if (done.has(node)) return;
    for (const target of next.get(node) ?? []) walk(target, [...path, node]);
    done.add(node);
  };
  for (const node of next.keys()) walk(node, []);
  return found;
}
