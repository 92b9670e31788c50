/**
 * What the messages of one worker hold: values and errors, out of the form in which they travelled.
 *
 * Decides that what cannot be read is its own task's failure and nobody else's. Refuses to know whose they are and how they came.
 */
import { messageOf } from './death.ts';
import { TaskSerializationError } from './errors.ts';
import { AS_ALONE, AS_BYTES, AS_THROWN } from './wire/messages.ts';
import { decodeThrown, type EncodedThrown, type ThrownWhere } from './wire/thrown.ts';
import { unpackBytes } from './wire/values.ts';

export interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
}

export class Incoming {
  readonly #origin: () => ThrownWhere;
  /** Values whose own messages came, before the messages that use them. */
  readonly #alone: unknown[] = [];

  constructor(origin: () => ThrownWhere) {
    this.#origin = origin;
  }

  aloneCame(value: unknown): void {
    this.#alone.push(value);
  }

  /** Such a message cannot be read: whoever asks for the value is told. */
  aloneIsUnreadable(error: unknown): void {
    this.#alone.push(new Unreadable(error));
  }

  /** Throws what makes it unreadable. */
  value(form: number, payload: unknown): unknown {
    if (form === AS_BYTES) return unpackBytes(payload);
    if (form !== AS_ALONE) return payload;
    const value = this.#alone.shift();
    if (value instanceof Unreadable) throw value.error;
    return unpackBytes(value);
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

class Unreadable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}
