// Makes random numbers that a seed repeats.

/** mulberry32: each call returns the next number in [0, 1). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a 32-bit number for (seed, index, use), which is the same in the program and in its workers. */
export function hash(seed, index, use = 0) {
  let mixed = Math.imul((seed ^ 0x9e3779b9) + Math.imul(index + 1, 0x85ebca6b) + Math.imul(use + 1, 0xc2b2ae35), 0x27d4eb2f);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  mixed ^= mixed >>> 12;
  mixed = Math.imul(mixed, 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** Returns the hash as a number in [0, 1). */
export function share(seed, index, use = 0) {
  return hash(seed, index, use) / 2 ** 32;
}
