/**
 * Checks the form of every message before one of its fields is used: a message with a fault did not come from a correct sender.
 *
 *   from a worker:   faultFromWorker(message) -> the fault as the end of a sentence, or undefined
 *   to a worker:     checkToWorker(message)   -> throws; the worker then ends
 *
 * Invariants: code behind these checks does not check a form again. The checks read no value of the user; a value is unpacked later, inside
 * `try`. The cost is a few comparisons per message and three per special, none per plain result.
 * This file does not know the state of a lane: the lane itself judges an answer without a task or a second READY.
 */
import { types } from 'node:util';
import { TwinpoolError } from '../errors.ts';
import {
  ABORT,
  ACKNOWLEDGED,
  ANSWER,
  ARITY_SHIFT,
  AS_BYTES,
  AS_SEPARATE,
  AS_SKIP,
  AS_STORED,
  AS_THROWN,
  BLOCKING,
  DEFINE,
  EXITING,
  FORGET,
  INIT,
  INIT_FAILED,
  INSPECTED,
  LATE,
  LOADED,
  LOOPING,
  MAIL,
  type Message,
  MODE,
  OUTPUT,
  type PackedValue,
  PIECE,
  PING,
  PONG,
  PRELOADED,
  READY,
  RELEASE,
  REPORT,
  RETIRE,
  RUN_EXPECT,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_FN,
  RUN_ITEMS,
  RUN_SPECIALS,
  SEGMENT_FIELDS,
  SEPARATE_VALUE,
  SPACE,
  SPECIAL_FIELDS,
  STARTED,
  TASKS,
  VALUE_OF,
  type WorkerSetup,
} from './messages.ts';
import { isPacked, isStored } from './packed-value.ts';
import { isEncodedThrown } from './thrown.ts';

/** Returns the fault of a message from a worker as the end of a sentence, `undefined` for a correct message. */
export function faultFromWorker(message: unknown): string | undefined {
  if (!Array.isArray(message)) return 'it sent a value that is not a message';
  switch (message[0]) {
    case ANSWER:
      return faultOfAnswer(message);
    case READY:
      return isMemory(message[1]) ? undefined : 'it sent a malformed readiness';
    case PRELOADED:
    case SEPARATE_VALUE:
    case PONG:
      return undefined;
    case STARTED:
      return isSlot(message[1]) ? undefined : 'it sent a malformed notice of a start';
    case REPORT:
      return isReport(message[1], message[2]) && isSlot(message[3]) ? undefined : 'it sent a malformed report';
    case ACKNOWLEDGED:
      return isWhole(message[1], 0) && isSlot(message[2]) ? undefined : 'it sent a malformed acknowledgement';
    case VALUE_OF:
      return isWhole(message[1], 0) ? undefined : 'it sent a malformed slot of a value';
    case LOADED:
      return isWhole(message[1], 1) ? undefined : 'it sent a malformed function number';
    case MODE:
      return isMode(message[1]) && isWhole(message[2], 0) ? undefined : 'it sent a malformed waiting mode';
    case EXITING:
      return typeof message[1] === 'boolean' && areSlots(message[2]) ? undefined : 'it sent a malformed exit notice';
    case INIT_FAILED:
      return isEncodedThrown(message[1]) && typeof message[2] === 'boolean' ? undefined : 'it sent a malformed error of its initializer';
    case LATE:
      return isEncodedThrown(message[1]) && isLateness(message) ? undefined : 'it sent a malformed late error';
    default:
      return 'it sent a message of an unknown kind';
  }
}

/** Returns true for a correct INSPECTED message (processes only). A malformed one counts as an unknown message. */
export function isInspected(message: unknown): message is readonly [kind: number, url: string | undefined] {
  return Array.isArray(message) && message[0] === INSPECTED && (message[1] === undefined || typeof message[1] === 'string');
}

/** Returns true for a correct PIECE message (processes only, in both directions). A malformed one counts as an unknown message. */
export function isPiece(message: unknown): boolean {
  if (!Array.isArray(message) || message[0] !== PIECE) return false;
  const [, id, position, total, end, isReusable] = message as readonly unknown[];
  if (!isWhole(id, 1) || !isWhole(position, 0) || !isWhole(total, 1) || !Number.isSafeInteger(position + total)) return false;
  return isWhole(end, 0) && end <= total && typeof isReusable === 'boolean';
}

/** The same for SPACE from a worker. */
export function isSpaceRequest(message: unknown): message is readonly [kind: number, bytes: number] {
  return Array.isArray(message) && message[0] === SPACE && isWhole(message[1], 0) && message.length === 2;
}

/** The same for SPACE to a worker. */
export function isSpace(message: unknown): message is readonly [kind: number, taken: number, bytes: number, rests: boolean] {
  if (!Array.isArray(message) || message[0] !== SPACE) return false;
  return isWhole(message[1], 0) && isWhole(message[2], 0) && typeof message[3] === 'boolean';
}

/** Returns true for a correct OUTPUT message (threads only). A malformed one counts as an unknown message. */
export function isOutput(
  message: unknown,
): message is readonly [kind: number, name: 'stdout' | 'stderr', chunk: string | Uint8Array, encoding: BufferEncoding | undefined] {
  if (!Array.isArray(message) || message[0] !== OUTPUT || (message[1] !== 'stdout' && message[1] !== 'stderr')) return false;
  const [, , chunk, encoding] = message as readonly unknown[];
  return types.isUint8Array(chunk) || (typeof chunk === 'string' && (encoding === undefined || Buffer.isEncoding(encoding as string)));
}

function faultOfAnswer(message: readonly unknown[]): string | undefined {
  // By index: destructuring a list runs its iterator, a good part of what a small answer takes.
  const count = message[1];
  const values = message[2];
  const specials = message[3];
  if (!isWhole(count, 1)) return 'the number of tasks in its answer is not a whole number of 1 or more';
  const isList = Array.isArray(values) || types.isInt32Array(values) || types.isFloat64Array(values);
  if (!isList || values.length !== count) return 'its answer has another number of results than of tasks';
  if (!isWhole(message[5], 0) || !isMode(message[6]) || !isSlot(message[7]) || !isMemory(message[8])) return 'it sent a malformed answer';
  if (!areSegments(message[4])) return 'its measurements are malformed';
  return specials === undefined || areSpecials(specials, count, isOutcome) ? undefined : 'it sent malformed outcomes';
}

function areSegments(segments: unknown): boolean {
  if (!Array.isArray(segments) || segments.length % SEGMENT_FIELDS !== 0) return false;
  for (let at = 0; at < segments.length; at += SEGMENT_FIELDS) {
    if (!isWhole(segments[at], 1) || !isWhole(segments[at + 1], 1) || !isDuration(segments[at + 2])) return false;
  }
  return true;
}

/** Checks that the places of specials rise, so that a reader meets each of them. */
function areSpecials(specials: unknown, count: number, isSpecial: (kind: unknown, payload: unknown) => boolean): boolean {
  if (!Array.isArray(specials) || specials.length % SPECIAL_FIELDS !== 0) return false;
  let least = 0;
  for (let at = 0; at < specials.length; at += SPECIAL_FIELDS) {
    const place: unknown = specials[at];
    if (!isWhole(place, least) || place >= count || !isSpecial(specials[at + 1], specials[at + 2])) return false;
    least = place + 1;
  }
  return true;
}

function isOutcome(kind: unknown, payload: unknown): boolean {
  if (kind === AS_THROWN) return isEncodedThrown(payload);
  return kind === AS_SEPARATE || isWhereItIs(kind, payload);
}

function isWhereItIs(kind: unknown, payload: unknown): boolean {
  return (kind === AS_BYTES && isPacked(payload)) || (kind === AS_STORED && isStored(payload));
}

function isReport(form: unknown, payload: unknown): boolean {
  return form === 0 || form === AS_SEPARATE || isWhereItIs(form, payload);
}

/** The fields of a LATE message after its error. */
function isLateness(message: readonly unknown[]): boolean {
  return typeof message[2] === 'boolean' && typeof message[3] === 'boolean' && areSlots(message[4]) && isFlag(message[5]);
}

/** Throws if a message to a worker is not one that a lane sends. The worker then has to end. */
export function checkToWorker(message: unknown): asserts message is Message {
  const fault = faultToWorker(message);
  if (fault !== undefined) throw new TwinpoolError(`the channel of this worker cannot be trusted any more: ${fault}`);
}

function faultToWorker(message: unknown): string | undefined {
  if (!Array.isArray(message)) return 'it got a value that is not a message';
  switch (message[0]) {
    case TASKS:
      return isWhole(message[1], 1) && isWhole(message[2], 0) && areRuns(message[3]) && isSlot(message[4])
        ? undefined
        : 'it got malformed tasks';
    case SEPARATE_VALUE:
    case RELEASE:
    case PING:
    case MAIL:
      return undefined;
    case RETIRE:
      return typeof message[1] === 'boolean' ? undefined : 'it got a malformed request to end';
    case VALUE_OF:
      return isWhole(message[1], 0) ? undefined : 'it got a malformed slot of a value';
    case DEFINE:
      return isWhole(message[1], 1) && isObject(message[2]) ? undefined : 'it got a malformed function';
    case FORGET:
      return Array.isArray(message[1]) && message[1].every((id) => isWhole(id, 1)) ? undefined : 'it got malformed function numbers';
    case ABORT:
      return isWhole(message[1], 1) && isWhole(message[2], 0) && isSlot(message[3]) && isFlag(message[4])
        ? undefined
        : 'it got a malformed abort';
    case INIT:
      return isSetup(message[1]) ? undefined : 'it got a malformed setup';
    default:
      return 'it got a message of an unknown kind';
  }
}

function areRuns(runs: unknown): boolean {
  if (!Array.isArray(runs) || runs.length % RUN_FIELDS !== 0) return false;
  for (let run = 0; run < runs.length; run += RUN_FIELDS) {
    const items: unknown = runs[run + RUN_ITEMS];
    if (!isWhole(runs[run + RUN_FN], 1) || !isWhole(runs[run + RUN_FLAGS], 0) || !isDuration(runs[run + RUN_EXPECT])) return false;
    if (!Array.isArray(items) && !types.isTypedArray(items)) return false;
    const arity = (runs[run + RUN_FLAGS] as number) >>> ARITY_SHIFT;
    if (arity > 0 && items.length % arity !== 0) return false;
    const specials: unknown = runs[run + RUN_SPECIALS];
    if (types.isFloat64Array(specials)) {
      if (!types.isTypedArray(items) || arity > 0 || specials.length !== items.length) return false;
    } else if (specials !== undefined && !areSpecials(specials, items.length, isItem)) return false;
  }
  return true;
}

function isItem(kind: unknown, payload: unknown): boolean {
  return kind === AS_SKIP || kind === AS_SEPARATE || isWhereItIs(kind, payload);
}

function isSetup(value: unknown): value is WorkerSetup {
  if (!isObject(value)) return false;
  const { workerId, workerIndex, depth, workerData, preload, initargs, finalargs, maxPayloadBytes, slots, bufferSpace } =
    value as Partial<WorkerSetup>;
  const isNamed = isWhole(workerId, 1) && isWhole(workerIndex, 0) && isWhole(depth, 1) && (slots === undefined || isWhole(slots, 1));
  if (bufferSpace !== undefined && !isWhole(bufferSpace, 0)) return false;
  const hasValues = isPackedValue(workerData) && isPackedValue(initargs) && isPackedValue(finalargs);
  return isNamed && hasValues && arePreloads(preload) && typeof maxPayloadBytes === 'number';
}

function arePreloads(value: unknown): value is WorkerSetup['preload'] {
  return (
    Array.isArray(value) &&
    value.every((module: unknown) => isObject(module) && 'specifier' in module && typeof module.specifier === 'string' && 'base' in module)
  );
}

function isPackedValue(value: unknown): value is PackedValue {
  return Array.isArray(value) && (value[0] === 0 || (value[0] === AS_BYTES && isPacked(value[1])));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** The last field of a message, which is absent for slot 0. Whether the slot exists, its lane and its runner know. */
function isSlot(value: unknown): boolean {
  return value === undefined || isWhole(value, 0);
}

function areSlots(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((slot) => isWhole(slot, 0)));
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

/** Returns true for a finite number that is not negative. */
function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isMemory(value: unknown): boolean {
  return value === undefined || isDuration(value);
}

function isMode(value: unknown): boolean {
  return value === BLOCKING || value === LOOPING;
}
