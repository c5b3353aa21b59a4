/** Positions of the log in few characters: runs of neighbours, each as its distance from the run before and its length. */

/** `positions` grow. A batch of a hundred entities is one run. */
export function packPositions(positions: readonly number[]): readonly number[] {
  const packed: number[] = [];
  let end = 0;
  let start = 0;
  for (const position of positions) {
    if (packed.length > 0 && position === end) end += 1;
    else {
      if (packed.length > 0) packed.push(end - start);
      packed.push(position - end);
      start = position;
      end = position + 1;
    }
  }
  if (packed.length > 0) packed.push(end - start);
  return packed;
}

export function unpackPositions(packed: readonly number[]): readonly number[] {
  const positions: number[] = [];
  let at = 0;
  for (let index = 0; index + 1 < packed.length; index += 2) {
    at += packed[index] ?? 0;
    for (let left = packed[index + 1] ?? 0; left > 0; left -= 1) {
      positions.push(at);
      at += 1;
    }
  }
  return positions;
}
