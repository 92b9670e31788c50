/**
 * Packs the items of chunks into the runs of one TASKS message.
 *
 *   chunk --same function, flags and expectation as the last run--> its items join that run
 *      '---- else, or a long chunk of one call ------------------> a new run
 *
 *   item --plain--> the items of its run
 *     |---packed--> `specials`, AS_BYTES, or AS_STORED if large buffers of it have gone another way
 *     |---separate-> a message of its own before this one; `specials`, AS_SEPARATE
 *     '---cannot travel--> `failures`; `specials`, AS_SKIP
 *
 * Invariants: an item that cannot travel harms no other item. Tasks share no object in the worker, whatever their arguments have in common here. A primitive
 * costs one type check.
 * This file does not know lanes and transports.
 */
import { types } from 'node:util';
import { isInt, numbersIn } from '../primitives/packed-numbers.ts';
import { runApart, type Scope } from '../primitives/user-code.ts';
import {
  ARGUMENT_LISTS,
  ARITY_SHIFT,
  AS_BYTES,
  AS_SEPARATE,
  AS_SKIP,
  AS_STORED,
  RUN_EXPECT,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_FN,
  RUN_ITEMS,
  RUN_SPECIALS,
  SAME_CALL,
  TIMED,
} from './messages.ts';
import { BYTES, type Packer, PLAIN, STORED } from './packer.ts';
import { transfers } from './transfer.ts';

/** Numbers that lie one after the other in memory. */
interface NumberList {
  readonly buffer: ArrayBufferLike;
  readonly length: number;
}

/** What is read of a chunk of tasks. */
export interface PackableChunk {
  readonly count: number;
  /** Whether an item is the array of a task's arguments (else it is the only argument). */
  readonly spread: boolean;
  readonly job: {
    readonly fn: { readonly id: number; readonly runTimes: { expectation(ownMessageFrom: number): number } };
    readonly settings: { readonly taskTimeout: number; readonly reuseBuffers?: boolean | undefined };
    /** The async context in which getters of the items run. */
    readonly scope: Scope | undefined;
  };
  at(offset: number): unknown;
  /** A view of all items, if they lie in an array of numbers. */
  numbers?(): NumberList | undefined;
  /** A copy of all items as an array of numbers, if each of them is a number. */
  packed?(): NumberList | undefined;
  /** Where a thread writes results that are numbers, an element for each item. Its items lie in shared memory, too. */
  results?(): Float64Array | undefined;
}

export interface Unsendable<C extends PackableChunk> {
  readonly chunk: C;
  readonly offset: number;
  readonly error: unknown;
}

interface SeparateValue<C extends PackableChunk> {
  readonly value: unknown;
  readonly transfer: readonly unknown[];
  readonly chunk: C;
  readonly offset: number;
  /** Marks the task as skipped after its value could not be sent. */
  skip(): void;
}

export interface PackedRuns<C extends PackableChunk = PackableChunk> {
  readonly runs: unknown[];
  /** What the message holds. */
  readonly chunks: readonly C[];
  /** The expected µs per task of each chunk; the same numbers as in the message. */
  readonly expectations: number[];
  readonly transfer: ArrayBuffer[];
  /** The values that need messages of their own, in order. */
  readonly separate: SeparateValue<C>[];
  readonly failures: Unsendable<C>[];
}

export function isPrimitive(value: unknown): boolean {
  return (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') || value === null;
}

/** From this number of numbers on, a typed array is cheaper than a list: it is copied at once, but making it costs a microsecond. */
const WORTH_PACKING = 64;

/** From this number of tasks on, lists of arguments become one flat list; and the most arguments of such a task. */
const WORTH_FLATTENING = 8;
const LONGEST_TUPLE = 8;

/** Returns a long list of numbers as a typed array, which is read by index in the same way. Returns any other list as it is. */
export function packNumbers(list: unknown[]): ArrayLike<unknown> {
  return list.length < WORTH_PACKING ? list : (numbersIn(list, 0, list.length) ?? list);
}

/** Does the same for numbers in a buffer that the caller reuses. */
export function packedNumbers(numbers: Float64Array): ArrayLike<unknown> {
  const { length } = numbers;
  if (length < WORTH_PACKING) return Array.from(numbers);
  for (let i = 0; i < length; i++) if (!isInt(numbers[i])) return numbers.slice();
  return Int32Array.from(numbers);
}

/**
 * `unbatchedFrom`: tasks that are expected to take at least this many microseconds are claimed and answered one at a time. `announces`: the worker says
 * when each task begins, with a time limit or without.
 */
export function packRuns<C extends PackableChunk>(
  chunks: readonly C[],
  packer: Packer,
  unbatchedFrom: number,
  announces: boolean,
): PackedRuns<C> {
  const only = chunks.length === 1 && chunks[0]?.count === 1 ? chunks[0] : undefined;
  const first = only?.at(0);
  if (only !== undefined && isReady(first, only, packer)) return packSingle(first, chunks, unbatchedFrom, announces);
  const out: PackedRuns<C> = { runs: [], chunks, expectations: [], transfer: [], separate: [], failures: [] };
  const { runs } = out;
  let run = -RUN_FIELDS;
  let fn: PackableChunk['job']['fn'] | undefined;
  let flags = 0;
  let expectation = 0;
  packer.travelTogether(chunks.length > 1 || (chunks[0]?.count ?? 0) > 1);
  for (const chunk of chunks) {
    const next = flagsOf(chunk, announces);
    if (chunk.job.fn !== fn || next !== flags) {
      fn = chunk.job.fn;
      flags = next;
      expectation = (flags & TIMED) !== 0 ? 0 : fn.runTimes.expectation(unbatchedFrom);
    }
    out.expectations.push(expectation);
    const numbers = chunk.count >= WORTH_PACKING ? chunk.numbers?.() : undefined;
    if (numbers !== undefined) {
      run += RUN_FIELDS;
      // Threads read shared numbers where they are, and write results beside them.
      const isShared = types.isSharedArrayBuffer(numbers.buffer);
      const items = packer.movesBuffers && !isShared ? moved(numbers, out) : numbers;
      runs.push(fn.id, flags, expectation, items, isShared ? chunk.results?.() : undefined);
      continue;
    }
    const packed = chunk.count >= WORTH_PACKING ? chunk.packed?.() : undefined;
    if (packed !== undefined) {
      run += RUN_FIELDS;
      runs.push(fn.id, flags, expectation, packed, undefined);
      continue;
    }
    if (
      (flags & SAME_CALL) !== 0 ||
      run < 0 ||
      runs[run + RUN_FN] !== fn.id ||
      runs[run + RUN_FLAGS] !== flags ||
      runs[run + RUN_EXPECT] !== expectation
    ) {
      run += RUN_FIELDS;
      runs.push(fn.id, flags, expectation, [], undefined);
    }
    const items = runs[run + RUN_ITEMS] as unknown[];
    for (let offset = 0; offset < chunk.count; offset++) {
      const item = only === undefined ? chunk.at(offset) : first;
      if (isReady(item, chunk, packer)) items.push(item);
      else packItem(item, chunk, offset, packer, out, run, items);
    }
  }
  packer.travelTogether(false);
  for (run = 0; run < runs.length; run += RUN_FIELDS) {
    if (runs[run + RUN_SPECIALS] === undefined) packRun(runs, run);
  }
  return out;
}

function flagsOf({ job, spread, count }: PackableChunk, announces: boolean): number {
  const isTimed = announces || job.settings.taskTimeout !== Number.POSITIVE_INFINITY;
  return (spread ? ARGUMENT_LISTS : 0) | (isTimed ? TIMED : 0) | (count >= WORTH_PACKING ? SAME_CALL : 0);
}

/** A list that stays empty. */
const NONE: never[] = [];

/** Packs the only task of a message, which needs no packing: the common case. Lists that grow would take more memory than all of the message. */
function packSingle<C extends PackableChunk>(
  item: unknown,
  chunks: readonly C[],
  unbatchedFrom: number,
  announces: boolean,
): PackedRuns<C> {
  const chunk = chunks[0] as C;
  const { fn } = chunk.job;
  const flags = flagsOf(chunk, announces);
  const expectation = (flags & TIMED) !== 0 ? 0 : fn.runTimes.expectation(unbatchedFrom);
  return {
    runs: [fn.id, flags, expectation, [item], undefined],
    chunks,
    expectations: [expectation],
    transfer: NONE,
    separate: NONE,
    failures: NONE,
  };
}

/** The `slice` of typed arrays. The `slice` of a Buffer does not copy. */
const copyOf: (this: NumberList) => NumberList = Object.getPrototypeOf(Uint8Array.prototype).slice;

/** Copies numbers into memory that is moved. A clone would take the whole memory of the view, and copy it twice. */
function moved(numbers: NumberList, out: PackedRuns): NumberList {
  const copy = copyOf.call(numbers);
  out.transfer.push(copy.buffer as ArrayBuffer);
  return copy;
}

/** Returns true for an item that travels as it is. */
function isReady(item: unknown, { spread }: PackableChunk, packer: Packer): boolean {
  return isSmall(item, packer) || (spread && isTuple(item, packer));
}

function isSmall(item: unknown, packer: Packer): boolean {
  return typeof item === 'string' ? item.length <= packer.longestText : isPrimitive(item);
}

/** Returns true for arguments that need no packing. Only the items of a list of arguments arrive in the worker, not the list itself. */
function isTuple(list: unknown, packer: Packer): boolean {
  if (transfers.any || !Array.isArray(list) || list.length > LONGEST_TUPLE || types.isProxy(list)) return false;
  for (let i = 0; i < list.length; i++) if (!isSmall(list[i], packer)) return false;
  return true;
}

/** Compacts a run without specials: lists of the same length become one flat list, numbers a typed array. */
function packRun(runs: unknown[], run: number): void {
  let items = runs[run + RUN_ITEMS] as unknown[];
  if (!Array.isArray(items)) return;
  const flags = runs[run + RUN_FLAGS] as number;
  const arity = (flags & ARGUMENT_LISTS) === 0 ? 0 : arityOf(items);
  if (arity > 0) {
    const flat: unknown[] = [];
    for (const list of items as unknown[][]) for (let i = 0; i < arity; i++) flat.push(list[i]);
    items = flat;
    runs[run + RUN_FLAGS] = flags | (arity << ARITY_SHIFT);
  }
  runs[run + RUN_ITEMS] = packNumbers(items);
}

/** Returns the number of arguments that all tasks have, 0 if a flat list does not pay. */
function arityOf(lists: readonly unknown[]): number {
  if (lists.length < WORTH_FLATTENING) return 0;
  const arity = (lists[0] as unknown[]).length;
  if (arity > LONGEST_TUPLE) return 0;
  for (const list of lists as readonly unknown[][]) {
    if (list.length !== arity) return 0;
    for (let i = 0; i < arity; i++) if (!isPrimitive(list[i])) return 0;
  }
  return arity;
}

function packItem<C extends PackableChunk>(
  item: unknown,
  chunk: C,
  offset: number,
  packer: Packer,
  out: PackedRuns<C>,
  run: number,
  items: unknown[],
): void {
  let kind = AS_SKIP;
  let payload: unknown;
  try {
    const root = chunk.spread ? 'arguments' : 'argument 1';
    const { scope, settings } = chunk.job;
    packer.isReusable = settings.reuseBuffers === true;
    // Packing may call getters, which are code of the user.
    if (scope === undefined) packer.pack(item, root);
    else if (!packer.packQuickly(item)) runApart(scope, packer.pack, packer, item, root);
    if (packer.form === PLAIN) {
      items.push(packer.value);
      packer.clear();
      return;
    }
    kind = packer.form === BYTES ? AS_BYTES : packer.form === STORED ? AS_STORED : AS_SEPARATE;
    if (kind !== AS_SEPARATE) payload = packer.value;
  } catch (error) {
    out.failures.push({ chunk, offset, error });
  }
  const specials = (out.runs[run + RUN_SPECIALS] as unknown[] | undefined) ?? [];
  out.runs[run + RUN_SPECIALS] = specials;
  const at = specials.push(items.length, kind, payload) - 2;
  items.push(undefined);
  const { value, transfer } = packer;
  packer.clear();
  if (kind === AS_BYTES && transfer !== undefined) out.transfer.push(...(transfer as ArrayBuffer[]));
  if (kind === AS_SEPARATE) {
    const skip = () => {
      specials[at] = AS_SKIP;
    };
    out.separate.push({ value, transfer: transfer ?? [], chunk, offset, skip });
  }
}
