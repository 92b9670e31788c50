/**
 * A full look at one value before it is sent.
 *
 * Decides whether a value can travel, and says where in it and why when it cannot; notes what the packer must know: how deep and
 * large it is, what it holds that needs care. Each object is seen once and the stack is our own, so neither cycles, nor a million
 * paths to one object, nor great depth cost more than the value's size. Getters run here, once each, as in a structured clone.
 *
 *   nodes / keys / places   the path from the value to where the survey is: what is looked at, the names of its children
 *                           (`undefined`: by index), and which child is next
 */
import { inspect, types } from 'node:util';
import { PayloadTooLargeError, TaskSerializationError } from '../errors.ts';
import { WORTH_MOVING } from './copier.ts';
import { refusal } from './refusal.ts';
import { anyTransfers, type Transferable, transferFault, transferListOf } from './transfer.ts';
import {
  BUFFER,
  ERROR,
  HANDLE,
  INSTANCE,
  isDetached,
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

/** What a transport can do. */
export interface TransportCapabilities {
  /** Memory can be shared with the worker. */
  readonly sharesMemory: boolean;
  /** Items are cloned, or moved, by `postMessage`. */
  readonly movesBuffers: boolean;
  readonly maxPayloadBytes: number;
}

/** More is left to the serialiser alone. V8's own Set ends at 2 ** 24. */
const MOST_NODES = 1 << 23;

export class SendabilityCheck {
  /** Nesting of the deepest object. */
  depth = 0;
  /** Objects and fields. */
  size = 0;
  /** Bytes of buffers, exactly, and the least and the most that all else can take. */
  bufferBytes = 0;
  least = 0;
  most = 0;
  /** A view or buffer that a plain clone would take too much of, or copy once too often. */
  hasViews = false;
  /** Errors are in it; what they hold was not looked at. */
  hasErrors = false;
  /** All that a clone would take was seen; not so the text of a RegExp. */
  isMeasured = true;
  hasHandles = false;
  hasShared = false;
  /** Set when anything was listed to be moved. */
  moved: ReadonlySet<unknown> = new Set();
  readings: Map<object, Map<string, unknown>> | undefined;

  readonly #medium: TransportCapabilities;
  readonly #root: string;
  readonly #seen = new Set<object>();
  readonly #nodes: object[] = [];
  readonly #keys: (readonly string[] | undefined)[] = [];
  readonly #places: number[] = [];
  readonly #lists: { readonly items: readonly Transferable[]; readonly path: string }[] = [];
  readonly #ports: { readonly port: object; readonly path: string }[] = [];
  /** Views over listed buffers, to tell a pooled one. */
  readonly #views: ArrayBufferView[] = [];

  constructor(medium: TransportCapabilities, root: string) {
    this.#medium = medium;
    this.#root = root;
  }

  /** Throws TaskSerializationError or PayloadTooLargeError. */
  run(value: unknown): void {
    let child = this.#look(value);
    for (;;) {
      if (child !== undefined) this.#enter(child);
      if (this.#nodes.length === 0 || this.#seen.size > MOST_NODES) break;
      child = this.#advance();
    }
    this.#checkLists();
  }

  /** The next child that must be entered; `undefined` when the last node has none left, and was left. */
  #advance(): object | undefined {
    const top = this.#nodes.length - 1;
    const node = this.#nodes[top] as object;
    const keys = this.#keys[top];
    const child = keys === undefined ? this.#nextItem(node as unknown[], top) : this.#nextField(node, keys, top);
    if (child === undefined && this.#keys[top] === keys) {
      this.#nodes.pop();
      this.#keys.pop();
      this.#places.pop();
    }
    return child;
  }

  #nextItem(list: readonly unknown[], top: number): object | undefined {
    let at = this.#places[top] as number;
    while (at < list.length) {
      const item = list[at];
      this.#places[top] = ++at;
      if (item === undefined && !Object.hasOwn(list, at - 1)) {
        // A hole: from here on only what is there, since a list can be of any length.
        this.#keys[top] = Object.keys(list);
        this.#places[top] = 0;
        return undefined;
      }
      const child = this.#look(item);
      if (child !== undefined) return child;
    }
    if (!(list instanceof Entries) && hasNames(list)) {
      this.#keys[top] = Object.keys(list).slice(list.length);
      this.#places[top] = 0;
    }
    return undefined;
  }

  #nextField(node: object, keys: readonly string[], top: number): object | undefined {
    let at = this.#places[top] as number;
    while (at < keys.length) {
      const key = keys[at] as string;
      this.#places[top] = ++at;
      const field = Object.getOwnPropertyDescriptor(node, key);
      if (field === undefined) continue;
      this.least += 1;
      this.most += 2 * key.length;
      const value = field.get === undefined ? field.value : this.#read(node, key);
      const child = this.#look(value);
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
    // A list with holes is read by key after it was read by index.
    if (readings.has(key)) return readings.get(key);
    try {
      const value = (node as Record<string, unknown>)[key];
      readings.set(key, value);
      return value;
    } catch (error) {
      return this.#fail('threw when it was read', error);
    }
  }

  /** Counts a value; gives it back when it is an object to be entered. */
  #look(value: unknown): object | undefined {
    this.size += 1;
    this.least += 1;
    this.most += 16;
    switch (typeof value) {
      case 'object':
        return value === null || this.#seen.has(value) ? undefined : value;
      case 'string':
        this.least += value.length;
        this.most += 2 * value.length;
        if (this.least > this.#medium.maxPayloadBytes) this.#failBySize();
        return undefined;
      case 'bigint':
        this.most += value >= -MOST_SMALL_BIGINT && value <= MOST_SMALL_BIGINT ? 0 : value.toString(16).length;
        return undefined;
      case 'function':
      case 'symbol':
        return this.#fail(refusal(value, this.#medium.movesBuffers));
      default:
        return undefined;
    }
  }

  #enter(node: object): void {
    this.#seen.add(node);
    if (types.isProxy(node)) this.#fail(refusal(node, this.#medium.movesBuffers));
    const list = anyTransfers ? transferListOf(node) : undefined;
    if (list !== undefined) this.#lists.push({ items: list, path: this.#path() });
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
        this.#fail(refusal(node, this.#medium.movesBuffers));
    }
  }

  #push(node: object, keys: readonly string[] | undefined): void {
    this.#places.push(0);
    this.#keys.push(keys);
    this.depth = Math.max(this.depth, this.#nodes.push(node));
    if (this.least + this.bufferBytes > this.#medium.maxPayloadBytes) this.#failBySize();
  }

  #enterBuffer(buffer: ArrayBuffer): void {
    if (isDetached(buffer)) this.#fail('is a buffer that was moved away before');
    this.#countBytes(buffer.byteLength);
    if (this.#medium.movesBuffers && buffer.byteLength >= WORTH_MOVING) this.hasViews = true;
  }

  #enterView(view: ArrayBufferView): void {
    const { buffer } = view;
    if (types.isSharedArrayBuffer(buffer)) {
      this.#enterShared(buffer);
      if (Buffer.isBuffer(view)) this.hasViews = true;
      return;
    }
    if (isDetached(buffer as ArrayBuffer)) this.#fail('is a view of a buffer that was moved away before');
    if (anyTransfers) this.#views.push(view);
    if (Buffer.isBuffer(view) || !ownsBuffer(view) || buffer.byteLength >= WORTH_MOVING) this.hasViews = true;
    // Bytes that views share are counted for each: the exact size is seen where it matters.
    this.#countBytes(view.byteLength);
    this.#seen.add(buffer);
  }

  #enterShared(buffer: object): void {
    if (!this.#medium.sharesMemory) this.#fail(refusal(buffer, this.#medium.movesBuffers));
    this.hasShared = true;
  }

  #enterHandle(handle: object): void {
    if (!this.#medium.movesBuffers) this.#fail(refusal(handle, false));
    this.hasHandles = true;
    if (kindOf(handle) === PORT) this.#ports.push({ port: handle, path: this.#path() });
  }

  #countBytes(bytes: number): void {
    this.bufferBytes += bytes;
    if (this.least + this.bufferBytes > this.#medium.maxPayloadBytes) this.#failBySize();
  }

  #checkLists(): void {
    const moved = new Set<unknown>();
    for (const { items, path } of this.#lists) {
      items.forEach((item, place) => {
        const view = this.#views.find((each) => each.buffer === item);
        let fault = transferFault(item, this.#medium.movesBuffers, view);
        if (fault === undefined && moved.has(item)) fault = 'is listed twice';
        if (fault === undefined && !this.#seen.has(item)) fault = 'is not part of the value';
        if (fault !== undefined) throw new TaskSerializationError(`${this.#where(path)}: item ${place} of its transfer list ${fault}`);
        moved.add(item);
      });
    }
    for (const { port, path } of this.#ports) {
      if (!moved.has(port)) throw new TaskSerializationError(`${this.#where(path)} ${refusal(port, true)}`);
    }
    this.moved = moved;
  }

  #fail(reason: string, cause?: unknown): never {
    throw new TaskSerializationError(`${this.#where(this.#path())} ${reason}`, { cause });
  }

  #failBySize(): never {
    const limit = this.#medium.maxPayloadBytes;
    throw new PayloadTooLargeError(`${this.#root} is larger than maxPayloadBytes (${limit})`);
  }

  #where(path: string): string {
    return path === '' ? this.#root : `${this.#root}: ${path}`;
  }

  /** How a program would get from the value to the child that was looked at last. */
  #path(): string {
    let path = '';
    for (let depth = 0; depth < this.#nodes.length; depth++) {
      const node = this.#nodes[depth] as object;
      const place = (this.#places[depth] as number) - 1;
      const key = this.#keys[depth]?.[place];
      if (node instanceof Entries) path += node.pathTo(place);
      else if (key === undefined) path += `[${place}]`;
      else
        path +=
          isIndex(key) && Array.isArray(node)
            ? `[${key}]`
            : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
              ? `.${key}`
              : `[${JSON.stringify(key)}]`;
      if (path.length > LONGEST_PATH) return `${path.slice(0, LONGEST_PATH)}…`;
    }
    return path;
  }
}

/** Keys and values of a Map, or the values of a Set, one after the other. */
class Entries extends Array<unknown> {
  readonly #width: number = 1;

  constructor(width: number, entries: Iterable<readonly [unknown, unknown]>) {
    super();
    this.#width = width;
    for (const entry of entries) {
      this.push(entry[0]);
      if (width === 2) this.push(entry[1]);
    }
  }

  pathTo(place: number): string {
    if (this.#width === 1) return `.values()[${place}]`;
    const entry = place >> 1;
    if (place % 2 === 0) return `.keys()[${entry}]`;
    const key = this[place - 1];
    return typeof key === 'string' || typeof key === 'number' ? `.get(${JSON.stringify(key)})` : `.values()[${entry}]`;
  }
}

const MOST_SMALL_BIGINT = 2n ** 64n;
const LONGEST_PATH = 500;
function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

/** From this length on one short text is cheaper to make than the names of all items. */
const MANY_ITEMS = 100;
const NAMES_ONLY = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Number.POSITIVE_INFINITY, compact: true } as const;

/** Whether a list without holes has fields beside its items (`'ab'.match(/b/).index`). Costs no name per item. */
export function hasNames(list: readonly unknown[]): boolean {
  if (list.length < MANY_ITEMS || Object.getPrototypeOf(list) !== Array.prototype) return Object.keys(list).length !== list.length;
  return inspect(list, NAMES_ONLY) !== `[ ... ${list.length} more items ]` && Object.keys(list).length !== list.length;
}
