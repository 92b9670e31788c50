/**
 * Whatever a task threw, as plain data that any transport carries, and back. Errors go into a table (error-table.ts).
 *
 *   [VALUE, primitive] | [SEALED, bytes] | [ROWS, [row, row, ...]]
 */
import { TaskSerializationError } from '../errors.ts';
import {
  areRows,
  ErrorTable,
  isError,
  isValuePart,
  MOST_STACK,
  MOST_TEXT,
  OF_THROWN,
  ROWS,
  revive,
  SEALED,
  type ThrownWhere,
  VALUE,
} from './error-table.ts';
import { seal, sealField, unseal } from './packer.ts';

export type { ThrownWhere } from './error-table.ts';

export type EncodedThrown = readonly [how: number, payload: unknown];

/** Never throws; bounded in size. `by`: whether user code threw it, or our worker reports a failure of its own. */
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
      return encodeThrown(new TaskSerializationError(`the task threw a string of ${thrown.length} characters`), 'worker');
    }
    if (typeof thrown !== 'object' || thrown === null) return [VALUE, thrown];
    return [SEALED, seal(thrown, 'the thrown value', MOST_TEXT)];
  } catch (error) {
    // Only a plain object comes here, or code of the value that threw.
    if (error instanceof TaskSerializationError) return encodeThrown(error, 'worker');
    return [ROWS, [new ErrorTable(by === 'task', OF_THROWN, sealField).textRow('the task threw a value that cannot be read')]];
  }
}

/** Whether it has the form of an encoded error; what its bytes hold may still be unreadable. */
export function isEncodedThrown(encoded: unknown): encoded is EncodedThrown {
  if (!Array.isArray(encoded) || encoded.length !== 2) return false;
  const [how, payload] = encoded as [unknown, unknown];
  if (how !== ROWS) return isValuePart(how, payload);
  return areRows(payload);
}

/** What was thrown, as this side shall see it. Never throws, whatever it is given. */
export function decodeThrown(encoded: EncodedThrown, where: ThrownWhere): unknown {
  try {
    if (!isEncodedThrown(encoded)) throw new TypeError('an encoded error is damaged');
    const [how, payload] = encoded;
    if (how === VALUE) return payload;
    if (how === SEALED) return unseal(payload as Uint8Array);
    return areRows(payload) ? revive(payload, unseal, where)[0] : undefined;
  } catch (error) {
    return new TaskSerializationError(`what the task threw cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
