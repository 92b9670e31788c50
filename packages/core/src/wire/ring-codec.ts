/**
 * Writes short messages of simple values as records of a ring, and reads them back. V8's serialiser takes a microsecond per message; this code takes a
 * tenth of that.
 *
 *   TASKS    cell, slot | sequence | runs | for each run: flags, items | function | expectation | items
 *   ANSWER   count, slot | acknowledged | mode, memory? | memory | measurements | for each: function, runs, microseconds | values
 *   any other message: fields | for each field its value
 *   value    tag, integer | the number, or the characters, that the tag announces
 *
 * A message fits if it has only numbers, short texts, booleans, `undefined` and `null`, in lists that this package made. A list of the user may have
 * more than its items, so a message with one goes by the port. What is read has the form of a message; message-faults.ts judges its fields.
 * This file does not know the order of messages, nor where a ring lies.
 */
import {
  ANSWER,
  ARGUMENT_LISTS,
  type Message,
  RUN_EXPECT,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_FN,
  RUN_ITEMS,
  RUN_SPECIALS,
  SAME_CALL,
  SEGMENT_FIELDS,
  TASKS,
  TIMED,
} from './messages.ts';
import type { RingReader, RingWriter } from './ring.ts';

/** The kinds of records. */
const A_MESSAGE = 1;
const SOME_TASKS = 2;
const AN_ANSWER = 3;

const UNDEFINED = 0;
const NULL = 1;
const TRUE = 2;
const FALSE = 3;
const INT = 4;
const DOUBLE = 5;
const TEXT = 6;
const LIST = 7;

/** Writes a record of this message. Returns its kind for `commit`; 0 if the message does not fit. */
export function writeMessage(ring: RingWriter, message: Message): number {
  ring.begin();
  switch (message[0]) {
    case TASKS:
      return writeTasks(ring, message) ? SOME_TASKS : 0;
    case ANSWER:
      return writeAnswer(ring, message) ? AN_ANSWER : 0;
    default:
      return ring.pair(message.length, 0) && writeValues(ring, message) ? A_MESSAGE : 0;
  }
}

function writeTasks(ring: RingWriter, message: Message): boolean {
  const runs = message[3] as readonly unknown[];
  // Values of it were moved.
  if (message[5] !== undefined) return false;
  if (!ring.pair(message[2] as number, (message[4] as number | undefined) ?? 0) || !ring.number(message[1] as number)) return false;
  if (!ring.pair(runs.length, 0)) return false;
  for (let run = 0; run < runs.length; run += RUN_FIELDS) {
    if (runs[run + RUN_SPECIALS] !== undefined) return false;
    const flags = runs[run + RUN_FLAGS] as number;
    const items = runs[run + RUN_ITEMS] as ArrayLike<unknown>;
    if (!ring.pair(flags, items.length)) return false;
    if (!ring.number(runs[run + RUN_FN] as number) || !ring.number(runs[run + RUN_EXPECT] as number)) return false;
    // Only without an arity: arguments that lie in one flat list are items like all others.
    if ((flags & ~(TIMED | SAME_CALL)) === ARGUMENT_LISTS ? !writeLists(ring, items) : !writeValues(ring, items)) return false;
  }
  return true;
}

/** Writes lists of arguments. Only the items of such a list ever arrive in a worker. */
function writeLists(ring: RingWriter, lists: ArrayLike<unknown>): boolean {
  for (let i = 0; i < lists.length; i++) {
    const list = lists[i];
    if (!Array.isArray(list) || !ring.pair(LIST, list.length) || !writeValues(ring, list)) return false;
  }
  return true;
}

function writeAnswer(ring: RingWriter, message: Message): boolean {
  // Outcomes that are not plain values.
  if (message[3] !== undefined) return false;
  const values = message[2] as ArrayLike<unknown>;
  const segments = message[4] as readonly number[];
  const memory = message[8] as number | undefined;
  if (!ring.pair(values.length, (message[7] as number | undefined) ?? 0) || !ring.number(message[5] as number)) return false;
  if (!ring.pair(message[6] as number, memory === undefined ? 0 : 1) || (memory !== undefined && !ring.number(memory))) return false;
  if (!ring.pair(segments.length, 0)) return false;
  for (let i = 0; i < segments.length; i++) if (!ring.number(segments[i] as number)) return false;
  return writeValues(ring, values);
}

function writeValues(ring: RingWriter, values: ArrayLike<unknown>): boolean {
  if (!ring.hasRoomFor(values.length)) return false;
  for (let i = 0; i < values.length; i++) if (!writeValue(ring, values[i])) return false;
  return true;
}

function writeValue(ring: RingWriter, value: unknown): boolean {
  switch (typeof value) {
    case 'number':
      if ((value | 0) === value && (value !== 0 || 1 / value > 0)) return ring.pair(INT, value);
      return ring.pair(DOUBLE, 0) && ring.number(value);
    case 'undefined':
      return ring.pair(UNDEFINED, 0);
    case 'boolean':
      return ring.pair(value ? TRUE : FALSE, 0);
    case 'string':
      return ring.pair(TEXT, value.length) && ring.text(value);
    default:
      return value === null && ring.pair(NULL, 0);
  }
}

/** Reads the record that is open, and closes it. Throws RangeError if no correct writer wrote it. */
export function readMessage(ring: RingReader): Message {
  const message = readByKind(ring);
  ring.close();
  return message;
}

function readByKind(ring: RingReader): Message {
  switch (ring.kind) {
    case SOME_TASKS:
      return readTasks(ring);
    case AN_ANSWER:
      return readAnswer(ring);
    case A_MESSAGE:
      return readValues(ring, ring.pair()) as unknown as Message;
    default:
      throw new RangeError(`expected the kind of a record, got ${ring.kind}`);
  }
}

function readTasks(ring: RingReader): Message {
  const cell = ring.pair();
  const slot = ring.second;
  const sequence = ring.number();
  const fields = ring.pair();
  const runs = fields === RUN_FIELDS ? readRun(ring) : [];
  while (runs.length < fields) runs.push(...readRun(ring));
  return slot === 0 ? [TASKS, sequence, cell, runs] : [TASKS, sequence, cell, runs, slot];
}

function readRun(ring: RingReader): unknown[] {
  const flags = ring.pair();
  const count = ring.second;
  const fn = ring.number();
  return [fn, flags, ring.number(), readValues(ring, count), undefined];
}

function readAnswer(ring: RingReader): Message {
  const count = ring.pair();
  const slot = ring.second === 0 ? undefined : ring.second;
  const acknowledged = ring.number();
  const mode = ring.pair();
  const memory = ring.second === 0 ? undefined : ring.number();
  const segments = readNumbers(ring, ring.pair());
  return [ANSWER, count, readValues(ring, count), undefined, segments, acknowledged, mode, slot, memory];
}

/** A list that grows takes more memory than most messages. */
function readNumbers(ring: RingReader, count: number): number[] {
  if (count === SEGMENT_FIELDS) return [ring.number(), ring.number(), ring.number()];
  const numbers: number[] = [];
  for (let i = 0; i < count; i++) numbers.push(ring.number());
  return numbers;
}

function readValues(ring: RingReader, count: number): unknown[] {
  if (count === 1) return [readValue(ring, true)];
  const values: unknown[] = [];
  for (let i = 0; i < count; i++) values.push(readValue(ring, true));
  return values;
}

function readValue(ring: RingReader, mayBeList: boolean): unknown {
  const tag = ring.pair();
  switch (tag) {
    case INT:
      return ring.second;
    case DOUBLE:
      return ring.number();
    case UNDEFINED:
      return undefined;
    case TEXT:
      return ring.text(ring.second);
    case TRUE:
      return true;
    case FALSE:
      return false;
    case NULL:
      return null;
    case LIST:
      if (mayBeList) return readList(ring, ring.second);
      break;
    default:
  }
  throw new RangeError(`expected the tag of a value, got ${tag}`);
}

function readList(ring: RingReader, length: number): unknown[] {
  if (length === 1) return [readValue(ring, false)];
  const list: unknown[] = [];
  for (let i = 0; i < length; i++) list.push(readValue(ring, false));
  return list;
}
