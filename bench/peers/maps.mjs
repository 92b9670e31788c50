// Provides `map` for all pools. The peers have no `map` that cuts an input into chunks, so their users write it by hand; this file does the same.
import { increment } from '../tasks/tasks.mjs';

/** `Pool.map` or `ThreadPool.map` with its own chunk size. */
export function ours(kind) {
  return async () => {
    const { openPool } = await import('./twinpool.mjs');
    const pool = await openPool(kind);
    return { map: (input) => pool.map(increment, input), close: () => pool.terminate() };
  };
}

/** The input is cut by hand: one task per chunk. */
export function inChunks(open, chunk) {
  const size = Math.ceil(chunk);
  return async () => {
    const pool = await open('incrementAll', [1]);
    const map = async (input) => {
      const parts = [];
      for (let at = 0; at < input.length; at += size) parts.push(pool.run(input.slice(at, at + size)));
      return (await Promise.all(parts)).flat();
    };
    return { map, close: () => pool.close() };
  };
}

/** One task per item. */
export function byItem(open) {
  return async () => {
    const pool = await open('increment', 1);
    return { map: (input) => Promise.all(input.map((item) => pool.run(item))), close: () => pool.close() };
  };
}

export function mapContenders(measure, opened) {
  return Object.fromEntries(
    Object.entries(opened).map(([name, open]) => [
      name,
      async () => {
        const { map, close } = await open();
        return { round: () => measure(map), close };
      },
    ]),
  );
}
