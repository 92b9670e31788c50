/**
 * Looks at one whole value before it is sent: throws, with the path to the part at fault, if the value cannot travel; else reports what the
 * packer must know (depth, size, views, errors, moved objects).
 *
 *   the stack of the walk     #nodes   the objects from the value down to the current one
 *                             #keys    the names of a node's children; `undefined`: the children are numbered
 *                             #nexts   the index of a node's next child
 *
 * Invariants: each object is visited once, and the stack is a list. So cycles, a million paths to one object and great depth cost no more than
 * the size of the value. Each getter is called once, as in a structured clone; its result is kept in `readings`.
 * This file does not know the packed forms.
 */
import { types } from 'node:util';
import { PayloadTooLargeError, TaskSerializationError } from '../errors.ts';
import { isDetached } from '../primitives/is-detached.ts';
import type { BufferOutlet, BufferPart } from './buffer-passing.ts';
import { WORTH_MOVING } from './copier.ts';
import { hasNamedFields } from './named-fields.ts';
import { refusal } from './refusal.ts';
import { type Transferable, transferFault, transferListOf, transfers } from './transfer.ts';
import {
  BUFFER,
  ERROR,
  HANDLE,
  INSTANCE,
  kindOf,
  LEAF,
  LIST,
  MAP,
  ORDINARY,
  ownsBuffer,
  PORT,
  REFUSED,
  SET,
  SHARED,
  VIEW,
} from './value-kind.ts';
import { Entries, pathThrough } from './value-path.ts';

/** What a transport can do with values. */
export interface TransportCapabilities {
  /** Memory can be shared with the worker. */
  readonly sharesMemory: boolean;
  /** `postMessage` carries the items: it clones or moves them. */
  readonly movesBuffers: boolean;
  readonly maxPayloadBytes: number;
  /** Where large buffers go instead of the message. Absent: they are part of it. */
  readonly outlet?: BufferOutlet | undefined;
}

/** The walk ends after this number of objects, and the serialiser finds the rest. A Set of V8 has at most 2 ** 24 members. */
const MOST_NODES = 1 << 23;

export class SendabilityCheck {
  /** The nesting of the deepest object. */
  depth = 0;
  /** The number of objects and fields. */
  size = 0;
  /** The exact bytes of buffers, and the least and the most bytes of everything else. */
  bufferBytes = 0;
  least = 0;
  most = 0;
  /** The value has a view or buffer of which a clone would take too much memory, or which a clone would copy twice. */
  hasViews = false;
  /** The value holds errors. The walk did not enter them. */
  hasErrors = false;
  /** `size`, `least` and `most` cover the whole value. False if the value holds a RegExp or a boxed text. */
  isMeasured = true;
  hasHandles = false;
  hasShared = false;
  /** The objects of all transfer lists in the value. */
  moved: ReadonlySet<unknown> = new Set();
  /** The buffers, and the views that are copied, that are worth the outlet. */
  readonly large: BufferPart[] = [];
  /** The results of getters, by object and key. */
  readings: Map<object, Map<string, unknown>> | undefined;

  readonly #capabilities: TransportCapabilities;
  readonly #leastLarge: number;
  readonly #root: string;
  readonly #seen = new Set<object>();
  readonly #nodes: object[] = [];
  readonly #keys: (readonly string[] | undefined)[] = [];
  readonly #nexts: number[] = [];
  readonly #lists: { readonly items: readonly Transferable[]; readonly path: string }[] = [];
  readonly #ports: { readonly port: object; readonly path: string }[] = [];
  /** The views in the value, to recognise a pooled buffer. */
  readonly #views: ArrayBufferView[] = [];

  constructor(capabilities: TransportCapabilities, root: string) {
    this.#capabilities = capabilities;
    this.#leastLarge = capabilities.outlet?.least ?? Number.POSITIVE_INFINITY;
    this.#root = root;
  }

  /** Walks the value. Throws TaskSerializationError or PayloadTooLargeError. */
  run(value: unknown): void {
    let child = this.#visit(value);
    for (;;) {
      if (child !== undefined) this.#enter(child);
      if (this.#nodes.length === 0 || this.#seen.size > MOST_NODES) break;
      child = this.#advance();
    }
    this.#checkLists();
  }

  /** Returns the next child to enter. Returns `undefined` after it has left a node without further children. */
  #advance(): object | undefined {
    const top = this.#nodes.length - 1;
    const node = this.#nodes[top] as object;
    const keys = this.#keys[top];
    const child = keys === undefined ? this.#nextItem(node as unknown[], top) : this.#nextField(node, keys, top);
    if (child === undefined && this.#keys[top] === keys) {
      this.#nodes.pop();
      this.#keys.pop();
      this.#nexts.pop();
    }
    return child;
  }

  #nextItem(list: readonly unknown[], top: number): object | undefined {
    let at = this.#nexts[top] as number;
    while (at < list.length) {
      const item = list[at];
      this.#nexts[top] = ++at;
      if (item === undefined && !Object.hasOwn(list, at - 1)) {
        // The list has a hole: from here on only existing items are visited, because a sparse list can have any length.
        this.#keys[top] = Object.keys(list);
        this.#nexts[top] = 0;
        return undefined;
      }
      const child = this.#visit(item);
      if (child !== undefined) return child;
    }
    if (!(list instanceof Entries) && hasNamedFields(list)) {
      this.#keys[top] = Object.keys(list).slice(list.length);
      this.#nexts[top] = 0;
    }
    return undefined;
  }

  #nextField(node: object, keys: readonly string[], top: number): object | undefined {
    let at = this.#nexts[top] as number;
    while (at < keys.length) {
      const key = keys[at] as string;
      this.#nexts[top] = ++at;
      const field = Object.getOwnPropertyDescriptor(node, key);
      if (field === undefined) continue;
      this.least += 1;
      this.most += 2 * key.length;
      const value = field.get === undefined ? field.value : this.#read(node, key);
      const child = this.#visit(value);
      if (child !== undefined) return child;
    }
    return undefined;
  }

  #read(node: object, key: string): unknown {
    let readings = this.readings?.get(node);
    if (readings === undefined) {
      readings = new Map();
      this.readings ??= new Map();
      this.readings.set(node, readings);
    }
    // A list with holes is read by index first, then by key.
    if (readings.has(key)) return readings.get(key);
    try {
      const value = (node as Record<string, unknown>)[key];
      readings.set(key, value);
      return value;
    } catch (error) {
      return this.#fail('threw when it was read', error);
    }
  }

  /** Counts a value. Returns it if it is an object to enter. */
  #visit(value: unknown): object | undefined {
    this.size += 1;
    this.least += 1;
    this.most += 16;
    switch (typeof value) {
      case 'object':
        return value === null || this.#seen.has(value) ? undefined : value;
      case 'string':
        this.least += value.length;
        this.most += 2 * value.length;
        if (this.least > this.#capabilities.maxPayloadBytes) this.#failBySize();
        return undefined;
      case 'bigint':
        this.most += value >= -MOST_SMALL_BIGINT && value <= MOST_SMALL_BIGINT ? 0 : value.toString(16).length;
        return undefined;
      case 'function':
      case 'symbol':
        return this.#fail(refusal(value, this.#capabilities.movesBuffers));
      default:
        return undefined;
    }
  }

  #enter(node: object): void {
    this.#seen.add(node);
    if (types.isProxy(node)) this.#fail(refusal(node, this.#capabilities.movesBuffers));
    const list = transfers.any ? transferListOf(node) : undefined;
    if (list !== undefined) this.#lists.push({ items: list, path: pathThrough(this.#nodes, this.#keys, this.#nexts) });
    switch (kindOf(node)) {
      case ORDINARY:
      case INSTANCE:
        this.#push(node, Object.keys(node));
        break;
      case LIST:
        this.#push(node, undefined);
        break;
      case MAP:
        this.#push(new Entries(2, Map.prototype.entries.call(node)), undefined);
        break;
      case SET:
        this.#push(new Entries(1, Set.prototype.entries.call(node)), undefined);
        break;
      case ERROR:
        this.hasErrors = true;
        break;
      case LEAF:
        this.isMeasured &&= types.isDate(node);
        break;
      case BUFFER:
        this.#enterBuffer(node as ArrayBuffer);
        break;
      case VIEW:
        this.#enterView(node as ArrayBufferView);
        break;
      case SHARED:
        this.#enterShared(node);
        break;
      case HANDLE:
      case PORT:
        this.#enterHandle(node);
        break;
      case REFUSED:
        this.#fail(refusal(node, this.#capabilities.movesBuffers));
    }
  }

  #push(node: object, keys: readonly string[] | undefined): void {
    this.#nexts.push(0);
    this.#keys.push(keys);
    this.depth = Math.max(this.depth, this.#nodes.push(node));
    if (this.least + this.bufferBytes > this.#capabilities.maxPayloadBytes) this.#failBySize();
  }

  #enterBuffer(buffer: ArrayBuffer): void {
    if (isDetached(buffer)) this.#fail('is a buffer that was moved away before');
    this.#countBytes(buffer.byteLength);
    if (buffer.byteLength >= this.#leastLarge && !isResizable(buffer)) this.large.push(buffer);
    if (this.#capabilities.movesBuffers && buffer.byteLength >= WORTH_MOVING) this.hasViews = true;
  }

  #enterView(view: ArrayBufferView): void {
    const { buffer } = view;
    if (types.isSharedArrayBuffer(buffer)) {
      this.#enterShared(buffer);
      if (Buffer.isBuffer(view)) this.hasViews = true;
      return;
    }
    if (isDetached(buffer as ArrayBuffer)) this.#fail('is a view of a buffer that was moved away before');
    if (transfers.any) this.#views.push(view);
    if (Buffer.isBuffer(view) || !ownsBuffer(view) || buffer.byteLength >= WORTH_MOVING) this.hasViews = true;
    // Bytes that several views share are counted once per view. The serialiser measures the exact size where it matters.
    this.#countBytes(view.byteLength);
    if (view.byteLength >= this.#leastLarge) {
      if (Buffer.isBuffer(view) || !ownsBuffer(view)) this.large.push(view);
      else if (!this.#seen.has(buffer)) this.large.push(buffer as ArrayBuffer);
    }
    this.#seen.add(buffer);
  }

  #enterShared(buffer: object): void {
    if (!this.#capabilities.sharesMemory) this.#fail(refusal(buffer, this.#capabilities.movesBuffers));
    this.hasShared = true;
  }

  #enterHandle(handle: object): void {
    if (!this.#capabilities.movesBuffers) this.#fail(refusal(handle, false));
    this.hasHandles = true;
    if (kindOf(handle) === PORT) this.#ports.push({ port: handle, path: pathThrough(this.#nodes, this.#keys, this.#nexts) });
  }

  #countBytes(bytes: number): void {
    this.bufferBytes += bytes;
    if (this.least + this.bufferBytes > this.#capabilities.maxPayloadBytes) this.#failBySize();
  }

  #checkLists(): void {
    const moved = new Set<unknown>();
    for (const { items, path } of this.#lists) {
      items.forEach((item, index) => {
        const view = this.#views.find((each) => each.buffer === item);
        let fault = transferFault(item, this.#capabilities.movesBuffers, view);
        if (fault === undefined && moved.has(item)) fault = 'is listed twice';
        if (fault === undefined && !this.#seen.has(item)) fault = 'is not part of the value';
        if (fault !== undefined) throw new TaskSerializationError(`${this.#where(path)}: item ${index} of its transfer list ${fault}`);
        moved.add(item);
      });
    }
    for (const { port, path } of this.#ports) {
      if (!moved.has(port)) throw new TaskSerializationError(`${this.#where(path)} ${refusal(port, true)}`);
    }
    this.moved = moved;
  }

  #fail(reason: string, cause?: unknown): never {
    throw new TaskSerializationError(`${this.#where(pathThrough(this.#nodes, this.#keys, this.#nexts))} ${reason}`, { cause });
  }

  #failBySize(): never {
    throw largerThan(this.#root, this.#capabilities.maxPayloadBytes);
  }

  #where(path: string): string {
    return path === '' ? this.#root : `${this.#root}: ${path}`;
  }
}

function isResizable(buffer: ArrayBuffer & { readonly resizable?: boolean }): boolean {
  return buffer.resizable === true;
}

const MOST_SMALL_BIGINT = 2n ** 64n;

export function largerThan(root: string, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(`${root} is larger than maxPayloadBytes (${limit}): send less, or raise maxPayloadBytes`);
}
