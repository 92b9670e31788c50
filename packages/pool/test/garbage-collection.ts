/** Collects garbage on demand, so that a test can find objects that are still reachable. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** The number of collections. The event loop turns between them, because running code may hold its last values until then. */
const ROUNDS = 50;

/** The objects that the code under test still holds. */
export async function survivors(refs: readonly WeakRef<object>[]): Promise<object[]> {
  const left = (): object[] => refs.map((ref) => ref.deref()).filter((object) => object !== undefined);
  for (let round = 0; round < ROUNDS; round++) {
    // A dereferenced object lives until the end of the current job, so the event loop must turn before the collection.
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
    if (left().length === 0) return [];
  }
  return left();
}
