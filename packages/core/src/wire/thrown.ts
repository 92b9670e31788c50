/**
 * Encodes a thrown value as plain data that every transport carries, and decodes it.
 *
 *   error                       [ROWS, [row, row, ...]]     an error table (error-rows.ts)
 *   other object                [SEALED, bytes]
 *   primitive                   [VALUE, primitive]
 *   function, symbol            [ROWS, [row]]               an error with its text
 *
 * Invariant: neither direction throws, and the encoded size is bounded.
 * This file does not know tasks and lanes.
 */
import { TaskSerializationError } from '../errors.ts';
import { areRows, isValuePart, ROWS, SEALED, VALUE } from './error-rows.ts';
import { ErrorTable, isError, MOST_STACK, MOST_TEXT, OF_THROWN } from './error-table.ts';
import { seal, sealField, unseal } from './packed-value.ts';
import { reviveErrors, type ThrownWhere } from './revive-errors.ts';

export type { ThrownWhere } from './revive-errors.ts';

export type EncodedThrown = readonly [how: number, payload: unknown];

/** Encodes a thrown value. `by`: `task` if code of the user threw it, `worker` if the worker reports a failure of its own. */
export function encodeThrown(thrown: unknown, by: 'task' | 'worker' = 'task'): EncodedThrown {
  try {
    const table = new ErrorTable(by === 'task', OF_THROWN, sealField);
    if (isError(thrown)) {
      table.add(thrown);
      return [ROWS, table.rows];
    }
    if (typeof thrown === 'function' || typeof thrown === 'symbol') {
      return [ROWS, [table.textRow(String(thrown).slice(0, MOST_STACK))]];
    }
    if (typeof thrown === 'string' && thrown.length > MOST_TEXT) {
      return encodeThrown(
        new TaskSerializationError(`the task threw a string of ${thrown.length} characters; at most ${MOST_TEXT} can be sent`),
        'worker',
      );
    }
    if (typeof thrown !== 'object' || thrown === null) return [VALUE, thrown];
    return [SEALED, seal(thrown, 'the thrown value', MOST_TEXT)];
  } catch (error) {
    // Either a plain object cannot be sealed, or the code of the value threw.
    if (error instanceof TaskSerializationError) return encodeThrown(error, 'worker');
    return [ROWS, [new ErrorTable(by === 'task', OF_THROWN, sealField).textRow('the task threw a value that cannot be read')]];
  }
}

/** Returns true if the argument has the form of an encoded value. Its bytes may still be unreadable. */
export function isEncodedThrown(encoded: unknown): encoded is EncodedThrown {
  if (!Array.isArray(encoded) || encoded.length !== 2) return false;
  const [how, payload] = encoded as [unknown, unknown];
  if (how !== ROWS) return isValuePart(how, payload);
  return areRows(payload);
}

/** Returns the thrown value. An unreadable one becomes a TaskSerializationError. */
export function decodeThrown(encoded: EncodedThrown, where: ThrownWhere): unknown {
  try {
    if (!isEncodedThrown(encoded)) throw new TypeError('expected an encoded error, got another form: the message is damaged');
    const [how, payload] = encoded;
    if (how === VALUE) return payload;
    if (how === SEALED) return unseal(payload as Uint8Array);
    return areRows(payload) ? reviveErrors(payload, unseal, where)[0] : undefined;
  } catch (error) {
    return new TaskSerializationError(`what the task threw cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
