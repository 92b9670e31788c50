/**
 * Encodes small messages of simple values as bytes, and decodes them. V8's serialiser costs some microseconds per message; this code does not.
 *
 * A message is compact if it has only numbers, short texts, booleans, `undefined` and `null`, in lists that this package made. A list of the
 * user may have more than its items, so a message with one is left to V8.
 * This file does not know frames.
 *
 *   mark u8 | value             value: tag u8, then int i32 | double f64 | text: length u8, Latin-1 | list: length u16, values
 */
import {
  ANSWER,
  ARGUMENT_LISTS,
  type Message,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_ITEMS,
  RUN_SPECIALS,
  SAME_CALL,
  TASKS,
  TIMED,
} from './messages.ts';

/** The first byte of a compact payload. V8's payloads begin with 0xff. */
const COMPACT = 0x01;

const UNDEFINED = 0;
const NULL = 1;
const TRUE = 2;
const FALSE = 3;
const INT = 4;
const DOUBLE = 5;
const TEXT = 6;
const LIST = 7;

/** The most characters of a text. For a longer one V8 is as fast. */
const LONGEST_TEXT = 64;
/** The most bytes of a payload. For a longer one V8 is faster. */
const MOST_BYTES = 8192;
/** The most bytes of one value. */
const ONE_VALUE = LONGEST_TEXT + 2;
/** The deepest nesting of lists: the message, its runs, their items, the arguments of one item. */
const DEEPEST = 4;

const scratch = new Uint8Array(MOST_BYTES + ONE_VALUE);
const view = new DataView(scratch.buffer);
let at = 0;

/** Returns the payload, in memory that the next call overwrites; `undefined` if the message is not compact. */
export function encodeCompact(message: Message): Uint8Array | undefined {
  scratch[0] = COMPACT;
  at = 1;
  return putMessage(message) ? scratch.subarray(0, at) : undefined;
}

export function isCompact(payload: Uint8Array): boolean {
  return payload[0] === COMPACT;
}

function putMessage(message: Message): boolean {
  if (!putHead(LIST, message.length)) return false;
  switch (message[0]) {
    case TASKS:
      if (message.length > 5) return false;
      return put(message[0]) && put(message[1]) && put(message[2]) && putRuns(message[3]) && putSlot(message, 4);
    case ANSWER:
      return (
        put(message[0]) &&
        put(message[1]) &&
        putItems(message[2]) &&
        put(message[3]) &&
        putItems(message[4]) &&
        put(message[5]) &&
        put(message[6]) &&
        putSlot(message, 7) &&
        (message.length < 9 || put(message[8]))
      );
    default:
      return message.every(put);
  }
}

/** The last field, which most messages do not have. */
function putSlot(message: Message, field: number): boolean {
  return message.length <= field || put(message[field]);
}

function putRuns(runs: unknown): boolean {
  if (!Array.isArray(runs) || !putHead(LIST, runs.length)) return false;
  for (let run = 0; run < runs.length; run += RUN_FIELDS) {
    if (runs[run + RUN_SPECIALS] !== undefined) return false;
    for (let field = 0; field < RUN_ITEMS; field++) if (!put(runs[run + field])) return false;
    // Only without an arity: arguments that lie in one flat list are items like all others.
    const areLists = ((runs[run + RUN_FLAGS] as number) & ~(TIMED | SAME_CALL)) === ARGUMENT_LISTS;
    const items = runs[run + RUN_ITEMS];
    if (!(areLists ? putArguments(items) : putItems(items)) || !put(undefined)) return false;
  }
  return true;
}

/** Writes lists of arguments. Only the items of such a list ever arrive in a worker. */
function putArguments(items: unknown): boolean {
  if (!Array.isArray(items) || !putHead(LIST, items.length)) return false;
  for (const list of items as readonly unknown[]) if (!putItems(list)) return false;
  return true;
}

function putItems(items: unknown): boolean {
  if (!Array.isArray(items) || !putHead(LIST, items.length)) return false;
  for (let i = 0; i < items.length; i++) if (!put(items[i])) return false;
  return true;
}

function putHead(tag: number, length: number): boolean {
  if (length > MOST_BYTES || at > MOST_BYTES) return false;
  scratch[at] = tag;
  view.setUint16(at + 1, length, true);
  at += 3;
  return true;
}

function put(value: unknown): boolean {
  if (at > MOST_BYTES) return false;
  switch (typeof value) {
    case 'number':
      if ((value | 0) === value && !Object.is(value, -0)) {
        scratch[at] = INT;
        view.setInt32(at + 1, value, true);
        at += 5;
      } else {
        scratch[at] = DOUBLE;
        view.setFloat64(at + 1, value, true);
        at += 9;
      }
      return true;
    case 'undefined':
      scratch[at++] = UNDEFINED;
      return true;
    case 'boolean':
      scratch[at++] = value ? TRUE : FALSE;
      return true;
    case 'string':
      return putText(value);
    case 'object':
      scratch[at++] = NULL;
      return value === null;
    default:
      return false;
  }
}

function putText(text: string): boolean {
  const { length } = text;
  if (length > LONGEST_TEXT) return false;
  scratch[at] = TEXT;
  scratch[at + 1] = length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return false;
    scratch[at + 2 + i] = code;
  }
  at += 2 + length;
  return true;
}

/** Returns the message. Throws RangeError or TypeError if the bytes are not a compact message. */
export function decodeCompact(payload: Uint8Array): unknown {
  const reader = new Reader(payload);
  const message = reader.value(0);
  if (reader.at !== payload.length)
    throw new TypeError(`expected the end of a compact message at byte ${reader.at}, got ${payload.length} bytes`);
  return message;
}

class Reader {
  at = 1;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): unknown {
    const tag = this.#bytes[this.at++];
    switch (tag) {
      case INT:
        this.at += 4;
        return this.#view.getInt32(this.at - 4, true);
      case DOUBLE:
        this.at += 8;
        return this.#view.getFloat64(this.at - 8, true);
      case LIST:
        return this.#list(depth);
      case UNDEFINED:
        return undefined;
      case TEXT:
        return this.#text();
      case TRUE:
        return true;
      case FALSE:
        return false;
      case NULL:
        return null;
      default:
        throw new TypeError(`expected a tag of a compact message, got ${tag}`);
    }
  }

  #list(depth: number): unknown[] {
    if (depth >= DEEPEST) throw new TypeError('a compact message is nested too deeply');
    const length = this.#view.getUint16(this.at, true);
    this.at += 2;
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.value(depth + 1));
    return list;
  }

  #text(): string {
    const length = this.#view.getUint8(this.at);
    const start = this.at + 1;
    this.at = start + length;
    if (this.at > this.#bytes.length) throw new RangeError('a compact message ends in the middle of a text');
    let text = '';
    for (let i = start; i < this.at; i++) text += String.fromCharCode(this.#bytes[i] as number);
    return text;
  }
}
