/**
 * Remembers which parts of a value are moved instead of copied, and judges what a transfer list may hold.
 *
 *   transfer(value, list) --> list, by identity of the value --transferListOf--> SendabilityCheck --> the packer
 *
 * Invariant: a program that never calls `transfer` pays one comparison per object (`transfers.any`).
 * This file does not know whether a transport moves anything, and when a value was sent: a moved buffer is recognised because it is detached.
 */
import type { FileHandle } from 'node:fs/promises';
import process from 'node:process';
import type { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { types } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import { isDetached } from '../primitives/is-detached.ts';
import { kindOf, PORT, typeName } from './value-kind.ts';

/** The objects that can be moved to a worker thread: buffers, ports, streams, file handles. */
export type Transferable = ArrayBuffer | MessagePort | FileHandle | ReadableStream | WritableStream | TransformStream;

interface Transfers {
  /** False until the first `transfer`: programs that move nothing pay nothing. */
  any: boolean;
  readonly lists: WeakMap<object, readonly Transferable[]>;
}

// One for the whole thread: the module of a task and the worker that runs it may have copies of this package.
const SHARED = Symbol.for('@twinpool/core/transfers');
const shared = globalThis as { [SHARED]?: Transfers };
shared[SHARED] ??= { any: false, lists: new WeakMap() };
export const transfers: Transfers = shared[SHARED];

/**
 * Marks `value` so that the buffers, ports and streams in `list` are moved, not copied, when the value is sent.
 *
 * Worker threads only: a process gets a copy of the bytes. The sender's buffer is empty after the task was handed over, and it is lost if the
 * worker dies. The task fails with TaskSerializationError, and nothing is moved, if an entry of the list was moved before, is listed twice, is
 * not a part of the value, or lies in Node's shared Buffer pool.
 *
 * @param value - An argument, a part of one, or the result of a task.
 * @param list - The buffers, ports, streams and file handles to move. Each must be a part of `value`.
 * @returns `value` itself.
 * @throws TypeError if `value` is not an object or `list` is not an array.
 * @see https://nodejs.org/api/worker_threads.html#portpostmessagevalue-transferlist
 *
 * @example
 * ```ts
 * import { ThreadPool, transfer } from 'twinpool';
 *
 * await using pool = new ThreadPool(1);
 * const pixels = new Uint8ClampedArray(1024);
 * console.log(await pool.apply((all: Uint8ClampedArray) => all.length, [transfer(pixels, [pixels.buffer])])); // 1024
 * ```
 */
export function transfer<T>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(
      `transfer(): expected an object that holds the values to move, got ${value === null ? 'null' : `a ${typeof value}`}; pass the argument itself`,
    );
  }
  if (!Array.isArray(list)) {
    throw new TypeError(`transfer(): expected an array of the values to move as the second argument, got ${typeof list}; write [buffer]`);
  }
  transfers.lists.set(value, [...list]);
  transfers.any = true;
  return value;
}

/** Returns the list that `transfer` got with this object. */
export function transferListOf(value: object): readonly Transferable[] | undefined {
  return transfers.lists.get(value);
}

/** Returns why `item` of a transfer list cannot be moved, `undefined` if it can. `viewed` is a view in the value over this item. */
export function transferFault(item: unknown, movesBuffers: boolean, viewed: ArrayBufferView | undefined): string | undefined {
  if (typeof item !== 'object' || item === null) return `is ${item === null ? 'null' : `a ${typeof item}`}, which cannot be moved`;
  if (types.isProxy(item)) return 'is a Proxy, which cannot be moved';
  if (ArrayBuffer.isView(item)) return `is a ${typeName(item)}; list its \`buffer\``;
  if (types.isSharedArrayBuffer(item)) return 'is a SharedArrayBuffer, which is shared, not moved; leave it out';
  if (types.isArrayBuffer(item)) {
    if (isDetached(item)) return 'was moved away before';
    return isPooled(item, viewed) ? "lies in Node's shared Buffer pool; copy it first: new Uint8Array(buffer)" : undefined;
  }
  if (!movesBuffers) return `is a ${typeName(item)}, which cannot be sent to another process`;
  return kindOf(item) === PORT || typeName(item) === 'FileHandle' ? undefined : `is a ${typeName(item)}, which cannot be moved`;
}

// Node has this function since version 21. On Node 20 the pool is recognised by its size. webpack would make a named import of a namespace's property.
const { isMarkedAsUntransferable } = process.getBuiltinModule('node:worker_threads') as {
  isMarkedAsUntransferable?: (value: unknown) => boolean;
};

function isPooled(buffer: ArrayBuffer, viewed: ArrayBufferView | undefined): boolean {
  if (isMarkedAsUntransferable?.(buffer) === true) return true;
  return Buffer.isBuffer(viewed) && buffer.byteLength === Buffer.poolSize && viewed.byteLength < buffer.byteLength;
}
