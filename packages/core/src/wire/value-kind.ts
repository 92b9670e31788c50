/**
 * Classifies objects for sending: `kindOf` returns one small number per object.
 *
 *   containers              ORDINARY, INSTANCE, LIST, MAP, SET
 *   both transports         LEAF, ERROR, BUFFER, SHARED, VIEW
 *   only `postMessage`      HANDLE, PORT
 *   cannot travel           REFUSED: the object would arrive empty
 *
 * Invariants: the kind follows from the prototype chain, which is read once per prototype and remembered. Names of classes count where identity
 * cannot: in other realms, and for Node's own classes. No code of the object's class runs.
 * This file does not know transports, sizes and messages.
 */
import { types } from 'node:util';

/** An object literal, or one without a prototype. */
export const ORDINARY = 1;
/** An instance of a class of the user: its own fields travel, its class does not. */
export const INSTANCE = 2;
/** An instance of a class with private state or a `Symbol.toStringTag`. It is refused if it has no own fields: it would arrive as `{}`. */
const OPAQUE = 3;
export const LIST = 4;
export const MAP = 5;
export const SET = 6;
/** Date, RegExp, boxed primitive: it travels as it is and has no parts. */
export const LEAF = 7;
export const ERROR = 8;
export const BUFFER = 9;
export const SHARED = 10;
export const VIEW = 11;
/** An object that only `postMessage` can carry: KeyObject, CryptoKey, Blob, a compiled WebAssembly.Module … */
export const HANDLE = 12;
/** A HANDLE that cannot be copied: it must be in a transfer list. */
export const PORT = 13;
export const REFUSED = 14;
/** A HANDLE if it keeps its data behind symbols. Users have classes of the same names. */
const NAMESAKE = 15;

type Prototype = { readonly prototype: object };
const TypedArray = Object.getPrototypeOf(Uint8Array) as Prototype;
const tagOf = Object.prototype.toString;
const sourceOf = Function.prototype.toString;

/** The kinds of built-in classes by name, for this realm and others. */
const BUILT_IN: ReadonlyMap<string, number> = new Map<string, number>([
  ['Object', ORDINARY],
  ['Array', LIST],
  ['Map', MAP],
  ['Set', SET],
  ...['Date', 'RegExp', 'Number', 'String', 'Boolean', 'BigInt'].map((name) => [name, LEAF] as const),
  ...['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError', 'AggregateError'].map(
    (name) => [name, ERROR] as const,
  ),
  ['ArrayBuffer', BUFFER],
  ['SharedArrayBuffer', SHARED],
  ['TypedArray', VIEW],
  // Its constructor is native in Bun.
  ['Buffer', VIEW],
  ['DataView', VIEW],
]);
const HANDLE_TAGS: ReadonlySet<string> = new Set(['KeyObject', 'CryptoKey', 'Blob', 'WebAssembly.Module', 'WebAssembly.Memory']);
const PORT_TAGS: ReadonlySet<string> = new Set(['ReadableStream', 'WritableStream', 'TransformStream']);
const NAMESAKES: ReadonlySet<string> = new Set(['BlockList', 'SocketAddress', 'X509Certificate', 'Histogram', 'RecordableHistogram']);

const learned = new WeakMap<object, number>();
for (const [name, kind] of BUILT_IN) {
  const type = name === 'TypedArray' ? TypedArray : (globalThis as unknown as Record<string, Prototype>)[name];
  if (type !== undefined) learned.set(type.prototype, kind);
}

/** Makes `kindOf` refuse the objects of this class, and of classes that extend it. */
export function refuseClass(prototype: object): void {
  learned.set(prototype, REFUSED);
}

/** Returns the kind of an object. The object must not be a Proxy: every read of a Proxy runs its traps. */
export function kindOf(value: object): number {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null) return tagOf.call(value) === '[object Object]' ? ORDINARY : taggedLiteral(value);
  let kind = learned.get(prototype);
  if (kind === undefined) {
    kind = learn(prototype);
    learned.set(prototype, kind);
  }
  switch (kind) {
    case ORDINARY:
      return tagOf.call(value) === '[object Object]' ? ORDINARY : taggedLiteral(value);
    case LIST:
      return Array.isArray(value) ? LIST : INSTANCE;
    case MAP:
      return types.isMap(value) ? MAP : INSTANCE;
    case SET:
      return types.isSet(value) ? SET : INSTANCE;
    case LEAF:
      return types.isDate(value) || types.isRegExp(value) || types.isBoxedPrimitive(value) ? LEAF : INSTANCE;
    case BUFFER:
      return types.isArrayBuffer(value) ? BUFFER : INSTANCE;
    case SHARED:
      return types.isSharedArrayBuffer(value) ? SHARED : INSTANCE;
    case VIEW:
      return ArrayBuffer.isView(value) ? VIEW : INSTANCE;
    case NAMESAKE:
      return Object.getOwnPropertySymbols(value).length > 0 ? HANDLE : INSTANCE;
    case HANDLE:
      return isHandle(value) ? HANDLE : REFUSED;
    case INSTANCE:
    case OPAQUE:
      return isEmpty(value) && (kind === OPAQUE || Object.getOwnPropertySymbols(value).length > 0) ? REFUSED : INSTANCE;
    default:
      return kind;
  }
}

/** Returns the kind of an ordinary object with a tag: `Math`, a module namespace, `arguments`, or a literal of the user. */
function taggedLiteral(value: object): number {
  if (types.isArgumentsObject(value) || types.isModuleNamespaceObject(value)) return REFUSED;
  return isEmpty(value) ? REFUSED : ORDINARY;
}

function isEmpty(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

/** Returns true if the object is what its tag says. Some packages have Blobs of their own, which a clone would empty. */
function isHandle(value: object): boolean {
  switch (tagOf.call(value)) {
    case '[object KeyObject]':
      return types.isKeyObject(value);
    case '[object CryptoKey]':
      return types.isCryptoKey(value);
    case '[object Blob]':
      return Object.prototype.isPrototypeOf.call(Blob.prototype, value);
    case '[object WebAssembly.Memory]':
      return types.isSharedArrayBuffer((value as { readonly buffer?: unknown }).buffer);
    default:
      return true;
  }
}

function learn(prototype: object): number {
  let opaque = false;
  let pipes = false;
  let listens = false;
  for (let at: object | null = prototype; at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const known = learned.get(at);
    if (known === OPAQUE) opaque = true;
    if (known === ORDINARY || known === INSTANCE || known === OPAQUE) return ownKind(opaque, pipes && listens);
    if (known !== undefined) return known;
    const tag = ownData(at, Symbol.toStringTag);
    const type = ownData(at, 'constructor');
    const name = nameOf(type);
    if (typeof tag === 'string') {
      if (HANDLE_TAGS.has(tag)) return HANDLE;
      if (PORT_TAGS.has(tag)) return PORT;
      if (tag === 'DOMException') return ERROR;
      if (tag === 'File' || tag.endsWith('Generator') || tag.endsWith('Iterator')) return REFUSED;
      opaque = true;
    }
    if (NAMESAKES.has(name)) return NAMESAKE;
    if (isNative(type)) {
      if (name === 'MessagePort') return PORT;
      if (name === 'Object') return at === prototype ? ORDINARY : ownKind(opaque, pipes && listens);
      const kind = BUILT_IN.get(name) ?? (ownData(at, 'BYTES_PER_ELEMENT') === undefined ? undefined : VIEW);
      if (kind !== undefined) return kind;
      // `process.env` is the only object whose native constructor has no name.
      if (name !== '') return REFUSED;
    } else if (typeof type === 'function') opaque ||= /#[\p{L}_$]/u.test(sourceOf.call(type));
    pipes ||= typeof ownData(at, 'pipe') === 'function';
    listens ||= typeof ownData(at, 'on') === 'function';
  }
  return ownKind(opaque, pipes && listens);
}

function ownKind(isOpaque: boolean, isStream: boolean): number {
  if (isStream) return REFUSED;
  return isOpaque ? OPAQUE : INSTANCE;
}

function ownData(object: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function nameOf(type: unknown): string {
  const name = typeof type === 'function' && !types.isProxy(type) ? ownData(type, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}

function isNative(type: unknown): boolean {
  return typeof type === 'function' && !types.isProxy(type) && sourceOf.call(type).endsWith('{ [native code] }');
}

/** Returns the name of an object for error messages: its tag or its class. */
export function typeName(value: object): string {
  if (types.isProxy(value)) return 'Proxy';
  if (types.isArgumentsObject(value)) return 'arguments object';
  if (types.isModuleNamespaceObject(value)) return 'module namespace';
  for (let at: object | null = value; at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const tag = ownData(at, Symbol.toStringTag);
    if (typeof tag === 'string' && tag !== '') return tag;
    const name = nameOf(ownData(at, 'constructor'));
    if (name !== '') return name;
  }
  return tagOf.call(value).slice('[object '.length, -1);
}

/** Returns true if the view covers its whole buffer and the buffer cannot grow: then only the bytes of the view travel with it. */
export function ownsBuffer(view: ArrayBufferView): boolean {
  const buffer: ArrayBufferLike & { readonly resizable?: boolean } = view.buffer;
  return view.byteLength === buffer.byteLength && buffer.resizable !== true;
}
