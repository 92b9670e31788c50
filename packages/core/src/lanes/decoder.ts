/**
 * Decodes the values and errors in the messages of one worker.
 *
 * A value that cannot be read is the failure of its own task and of no other. It does not know which task a value belongs to, and how it came.
 */

import { TaskSerializationError } from '../errors.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { BufferSource } from '../wire/buffer-passing.ts';
import { AS_BYTES, AS_SEPARATE, AS_STORED, AS_THROWN } from '../wire/messages.ts';
import { isStored, unpackBytes, unpackStored } from '../wire/packed-value.ts';
import { SeparateValues } from '../wire/separate-values.ts';
import { decodeThrown, type EncodedThrown, type ThrownWhere } from '../wire/thrown.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
}

export class Decoder {
  readonly #where: () => ThrownWhere;
  readonly #buffers: BufferSource | undefined;
  /** Values that came in messages of their own. */
  readonly separateValues: SeparateValues = new SeparateValues();

  /** `where` names the worker, for the stacks of its errors. `buffers`: those that come outside of messages. */
  constructor(where: () => ThrownWhere, buffers?: BufferSource) {
    this.#where = where;
    this.#buffers = buffers;
  }

  /** Whether the buffers of a stored value have arrived. */
  hasBuffersOf(payload: unknown): boolean {
    return isStored(payload) && this.#buffers?.has(payload[1]) === true;
  }

  /** Throws if the value cannot be read. */
  value(form: number, payload: unknown): unknown {
    if (form === AS_BYTES) return unpackBytes(payload);
    if (form === AS_STORED) return unpackStored(payload, this.#buffers);
    return form === AS_SEPARATE ? this.separateValues.take() : payload;
  }

  /** Never throws. */
  outcome(form: number, payload: unknown, taskName: string): Outcome {
    if (form === AS_THROWN) return { ok: false, value: this.thrown(payload, taskName) };
    try {
      return { ok: true, value: this.value(form, payload) };
    } catch (error) {
      const reason = `the result of task '${taskName}' arrived but cannot be read here: ${messageOf(error)}`;
      return { ok: false, value: new TaskSerializationError(reason, { cause: error }) };
    }
  }

  thrown(thrown: unknown, taskName?: string): unknown {
    return decodeThrown(thrown as EncodedThrown, { ...this.#where(), taskName });
  }
}
