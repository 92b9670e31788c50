/**
 * What the messages of one worker hold: values and errors, out of the form in which they travelled.
 *
 * Decides that what cannot be read is its own task's failure and nobody else's. Refuses to know whose they are and how they came.
 */

import { TaskSerializationError } from '../errors.ts';
import { AS_BYTES, AS_SEPARATE, AS_THROWN } from '../wire/messages.ts';
import { unpackBytes } from '../wire/packed-value.ts';
import { SeparateValues } from '../wire/separate-values.ts';
import { decodeThrown, type EncodedThrown, type ThrownWhere } from '../wire/thrown.ts';
import { messageOf } from './worker-exit.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
}

export class Incoming {
  readonly #origin: () => ThrownWhere;
  readonly separateValues: SeparateValues = new SeparateValues();

  constructor(origin: () => ThrownWhere) {
    this.#origin = origin;
  }

  /** Throws what makes it unreadable. */
  value(form: number, payload: unknown): unknown {
    if (form === AS_BYTES) return unpackBytes(payload);
    return form === AS_SEPARATE ? this.separateValues.take() : payload;
  }

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
    return decodeThrown(thrown as EncodedThrown, { ...this.#origin(), taskName });
  }
}
