/**
 * Decodes the items of a run, after the signature of its job was checked. An item that cannot be read is the failure of its own call.
 *
 *   the wire: a flat list of `arity` arguments per call, or one item per call; special items are packed
 */
import { TaskSerializationError } from '@twinpool/core';
import { AS_BYTES, AS_SKIP, SPECIAL_FIELDS, unpackBytes } from '@twinpool/core/facade';
import type { RunData } from '../wire/job-data.ts';
import { decodeList } from '../wire/value-list.ts';
import type { RunItems } from './run-job.ts';

export interface DecodedRun extends RunItems {
  /** Calls that do not run: the client has settled them, or their arguments cannot be read. By index; `undefined`: the former. */
  readonly refused: ReadonlyMap<number, unknown>;
}

/** Throws if the items cannot be read at all. */
export function decodeRun({ count, lists, arity, items: text }: RunData): DecodedRun {
  const { items, specials } = decodeList(text, arity === 0 ? count : count * arity);
  const values = items as unknown[];
  const refused = new Map<number, unknown>();
  for (let at = 0; specials !== undefined && at < specials.length; at += SPECIAL_FIELDS) {
    const place = specials[at] as number;
    if (!Number.isInteger(place) || place < 0 || place >= values.length) throw new TypeError('expected the place of an item');
    if (specials[at + 1] === AS_SKIP) refused.set(place, undefined);
    else if (specials[at + 1] !== AS_BYTES) throw new TypeError('expected packed arguments');
    else {
      try {
        values[place] = unpackBytes(specials[at + 2]);
      } catch (error) {
        refused.set(
          place,
          new TaskSerializationError(`the arguments arrived but cannot be read: ${(error as Error).message}`, { cause: error }),
        );
      }
    }
  }
  const at = arity === 0 ? (index: number) => values[index] : (index: number) => values.slice(index * arity, (index + 1) * arity);
  return { count, lists, at, refused };
}
