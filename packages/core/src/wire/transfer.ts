/**
 * Values that are moved instead of copied.
 *
 * Decides what a transfer list may hold. Only remembers, by the value's identity, until the value is packed; whether anything is really
 * moved is the transport's property. Refuses to know what was sent when: a buffer that was moved is seen to be gone.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { types } from 'node:util';
import * as threads from 'node:worker_threads';
import { isDetached, kindOf, PORT, typeName } from './value-kind.ts';

/** What can be moved to a worker thread: buffers, ports, streams, file handles. */
export type Transferable = ArrayBuffer | threads.MessagePort | FileHandle | ReadableStream | WritableStream | TransformStream;

const lists = new WeakMap<object, readonly Transferable[]>();
/** False until the first `transfer`: programs that move nothing pay nothing. */
export let anyTransfers = false;

/**
 * Marks `value` so that the buffers (ports, streams) in `list` are moved, not copied, when it is sent: as an argument, as a part of
 * one, or as a task's result. Returns `value` itself. Everything in `list` must be in `value`.
 *
 * Worker threads only; for processes the bytes are copied. On this side a moved buffer is empty once the task has been handed over, and
 * it is lost if its worker dies. A list that cannot be moved (a buffer that is gone already, twice in the list, not part of the value, or
 * of Node's shared Buffer pool) fails the task with TaskSerializationError, and nothing is moved.
 *
 * @param value - The argument, the part of one, or the result.
 * @param list - What is moved; all of it is in `value`.
 * @returns `value` itself.
 * @throws TypeError when `value` is no object, or `list` is no array.
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
      `transfer() got ${value === null ? 'null' : `a ${typeof value}`}; it takes an object that holds what is to be moved`,
    );
  }
  if (!Array.isArray(list)) throw new TypeError('the second argument of transfer() is not an array of what is to be moved');
  lists.set(value, [...list]);
  anyTransfers = true;
  return value;
}

/** The list that was given with this very object. */
export function transferListOf(value: object): readonly Transferable[] | undefined {
  return lists.get(value);
}

/** Why `item` of a transfer list cannot be moved, or `undefined`. `viewed` is a view in the value that lies in it. */
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

// Since Node 21; before that the pool is known by its size.
const isMarkedAsUntransferable = (threads as { isMarkedAsUntransferable?: (value: unknown) => boolean }).isMarkedAsUntransferable;

function isPooled(buffer: ArrayBuffer, viewed: ArrayBufferView | undefined): boolean {
  if (isMarkedAsUntransferable?.(buffer) === true) return true;
  return Buffer.isBuffer(viewed) && buffer.byteLength === Buffer.poolSize && viewed.byteLength < buffer.byteLength;
}
