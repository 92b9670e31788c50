/**
 * Reads the outcomes of a stream to its end, into one array: what `toArray()` of an iterator does.
 *
 *   values() --many at once--> [...] --an error or the end is next--> next() --outcome--> [...] --> values() ...
 *
 * It makes one promise, not one per outcome. This file does not know jobs.
 */
import type { Taker } from '../jobs/stream-shape.ts';

/** How the views of an iterator read its outcomes. Requests of all views are served in the order in which they come. */
export interface OutcomeReader {
  next(deliver: Taker): void;
  /** Takes the values that lie ready. */
  values(): unknown[];
  /** The number of outcomes that are known to come. */
  left(): number;
}

/** Reads all outcomes, or rejects with the error that `read` throws. `read` maps one outcome, `readAll` maps many values. */
export function gather<T>(
  reader: OutcomeReader,
  read: (ok: boolean, value: unknown, isLast: boolean) => T,
  readAll: (values: unknown[]) => T[],
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    // V8 copies an array several times while it grows to its length.
    const all = new Array<T>(reader.left());
    let count = 0;
    // An outcome that lies ready is delivered inside `next`: a loop, since a recursion would be as deep as the input is long.
    let isReading = false;
    let isDelivered = false;
    const readOn = () => {
      isReading = true;
      do {
        isDelivered = false;
        for (let values = reader.values(); values.length > 0; values = reader.values()) {
          for (const value of readAll(values)) all[count++] = value;
        }
        reader.next(deliver);
      } while (isDelivered);
      isReading = false;
    };
    const deliver: Taker = (ok, value, isLast) => {
      if (ok === undefined) {
        all.length = count;
        resolve(all);
        return;
      }
      try {
        all[count] = read(ok, value, isLast);
        count += 1;
      } catch (error) {
        reject(error);
        return;
      }
      if (isReading) isDelivered = true;
      else readOn();
    };
    readOn();
  });
}
