/**
 * Whether a message is one that a correct sender sends, judged by its form alone.
 *
 * Decides field by field, before anything of the message is used: whoever reads it afterwards need not check again. What also depends on the
 * moment (an answer without a task, a second READY) is judged by the lane. Does not know tasks and workers, and reads no user's value:
 * what a value holds is read later, in a `try` of its own.
 *
 * The cost is a few checks for each message and three for each special, none for a plain result.
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
  AS_THROWN,
  BLOCKING,
  DEFINE,
  EXITING,
  FORGET,
  INIT,
  INIT_FAILED,
  LATE,
  LOADED,
  LOOPING,
  type Message,
  MODE,
  OUTPUT,
  type PackedValue,
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
  SEPARATE_VALUE,
  SPECIAL_FIELDS,
  STARTED,
  TASKS,
  type WorkerSetup,
} from './messages.ts';
import { isPacked } from './packer.ts';
import { isEncodedThrown } from './thrown.ts';

/** Function, runs, microseconds. */
const SEGMENT_FIELDS = 3;

/** What is wrong with a message from a worker, as the end of a sentence; `undefined` when nothing is. */
export function faultFromWorker(message: unknown): string | undefined {
  if (!Array.isArray(message)) return 'it sent something that is not a message';
  switch (message[0]) {
    case ANSWER:
      return faultOfAnswer(message);
    case STARTED:
    case READY:
    case SEPARATE_VALUE:
      return undefined;
    case REPORT:
      return isReport(message[1], message[2]) ? undefined : 'it sent a malformed report';
    case ACKNOWLEDGED:
      return isWhole(message[1], 0) ? undefined : 'it sent a malformed acknowledgement';
    case LOADED:
      return isWhole(message[1], 1) ? undefined : 'it loaded a function without a number';
    case MODE:
      return isMode(message[1]) && isWhole(message[2], 0) ? undefined : 'it waits in a way that does not exist';
    case EXITING:
      return typeof message[1] === 'boolean' ? undefined : 'it said in a malformed way that it exits';
    case INIT_FAILED:
      return isEncodedThrown(message[1]) ? undefined : 'it sent a malformed error of its initializer';
    case LATE:
      return isEncodedThrown(message[1]) && typeof message[2] === 'boolean' && typeof message[3] === 'boolean'
        ? undefined
        : 'it sent a malformed late error';
    default:
      return 'it sent a message of an unknown kind';
  }
}

/** Of threads: what a task printed. One that is malformed is no message at all. */
export function isOutput(
  message: unknown,
): message is readonly [kind: number, name: 'stdout' | 'stderr', chunk: string | Uint8Array, encoding: BufferEncoding | undefined] {
  if (!Array.isArray(message) || message[0] !== OUTPUT || (message[1] !== 'stdout' && message[1] !== 'stderr')) return false;
  const [, , chunk, encoding] = message as readonly unknown[];
  return types.isUint8Array(chunk) || (typeof chunk === 'string' && (encoding === undefined || Buffer.isEncoding(encoding as string)));
}

function faultOfAnswer([, count, values, specials, segments, acknowledged, mode]: readonly unknown[]): string | undefined {
  if (!isWhole(count, 1)) return 'it answered a number of tasks that is not one';
  const isList = Array.isArray(values) || types.isInt32Array(values) || types.isFloat64Array(values);
  if (!isList || values.length !== count) return 'its results are not as many as it answered tasks';
  if (!isWhole(acknowledged, 0) || !isMode(mode)) return 'it sent a malformed answer';
  if (!areSegments(segments)) return 'its measurements are malformed';
  return specials === undefined || areSpecials(specials, count, isOutcome) ? undefined : 'it sent malformed outcomes';
}

function areSegments(segments: unknown): boolean {
  if (!Array.isArray(segments) || segments.length % SEGMENT_FIELDS !== 0) return false;
  for (let at = 0; at < segments.length; at += SEGMENT_FIELDS) {
    if (!isWhole(segments[at], 1) || !isWhole(segments[at + 1], 1) || !isDuration(segments[at + 2])) return false;
  }
  return true;
}

/** Places rise, so that each is met. */
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
  return kind === AS_SEPARATE || (kind === AS_BYTES && isPacked(payload));
}

function isReport(form: unknown, payload: unknown): boolean {
  return form === 0 || form === AS_SEPARATE || (form === AS_BYTES && isPacked(payload));
}

/** Throws when a message to a worker is none that this program's own side sends: then the worker has to end. */
export function checkToWorker(message: unknown): asserts message is Message {
  const fault = faultToWorker(message);
  if (fault !== undefined) throw new TwinpoolError(`the channel of this worker cannot be trusted any more: ${fault}`);
}

function faultToWorker(message: unknown): string | undefined {
  if (!Array.isArray(message)) return 'something came that is not a message';
  switch (message[0]) {
    case TASKS:
      return isWhole(message[1], 1) && isWhole(message[2], 0) && areRuns(message[3]) ? undefined : 'malformed tasks came';
    case SEPARATE_VALUE:
    case RELEASE:
    case RETIRE:
      return undefined;
    case DEFINE:
      return isWhole(message[1], 1) && isObject(message[2]) ? undefined : 'a malformed function came';
    case FORGET:
      return Array.isArray(message[1]) && message[1].every((id) => isWhole(id, 1)) ? undefined : 'malformed numbers of functions came';
    case ABORT:
      return isWhole(message[1], 1) && isWhole(message[2], 0) ? undefined : 'a malformed abort came';
    case INIT:
      return isSetup(message[1]) ? undefined : 'a malformed setup came';
    default:
      return 'a message of an unknown kind came';
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
    if (specials !== undefined && !areSpecials(specials, items.length, isItem)) return false;
  }
  return true;
}

function isItem(kind: unknown, payload: unknown): boolean {
  return kind === AS_SKIP || kind === AS_SEPARATE || (kind === AS_BYTES && isPacked(payload));
}

function isSetup(value: unknown): value is WorkerSetup {
  if (!isObject(value)) return false;
  const { workerId, depth, workerData, initargs, maxPayloadBytes } = value as Partial<WorkerSetup>;
  return (
    isWhole(workerId, 1) && isWhole(depth, 1) && isPackedValue(workerData) && isPackedValue(initargs) && typeof maxPayloadBytes === 'number'
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

/** Of time or memory: a finite number, not negative. */
function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isMode(value: unknown): boolean {
  return value === BLOCKING || value === LOOPING;
}
