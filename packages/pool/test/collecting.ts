/** Garbage collection on demand, to see what is still held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Rounds of collection; between two of them the event loop turns, since what runs may hold its last values until then. */
const ROUNDS = 50;

/** The objects that the code under test still holds. */
export async function survivors(refs: readonly WeakRef<object>[]): Promise<object[]> {
  const left = (): object[] => refs.map((ref) => ref.deref()).filter((object) => object !== undefined);
  for (let round = 0; round < ROUNDS; round++) {
    // A dereferenced object lives until the end of the current job: the loop has to turn before it can be collected.
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
    if (left().length === 0) return [];
  }
  return left();
}
