/** Numbers that look random and are the same in each run. */
export interface Random {
  /** From 0 to `below` - 1. */
  int(below: number): number;
  /** From `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
}

/** mulberry32: small, fast, good enough to choose words. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return {
    int,
    between: (least, most) => least + int(most - least + 1),
    pick: (list) => list[int(list.length)] ?? list[0],
  };
}
