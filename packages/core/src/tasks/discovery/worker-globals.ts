/**
 * Lists the globals that every worker has: those of the language and of Node.
 *
 * It is a list because the global object of the program may have more names than a worker's (of a test runner, a DOM, or the program). A name of the
 * list that this runtime lacks is missing in its workers too. The names are those of `Object.getOwnPropertyNames(globalThis)` in bare workers of
 * Node 20 to 26.
 * This file does not know functions.
 */
const NAMES = `
AbortController AbortSignal AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Blob
Boolean BroadcastChannel Buffer ByteLengthQueuingStrategy CloseEvent CompressionStream CountQueuingStrategy Crypto CryptoKey
CustomEvent DOMException DataView Date DecompressionStream DisposableStack Error ErrorEvent EvalError Event EventSource EventTarget
File FinalizationRegistry Float16Array Float32Array Float64Array FormData Function Headers Infinity Int16Array Int32Array Int8Array
Intl Iterator JSON Map Math MessageChannel MessageEvent MessagePort NaN Navigator Number Object Performance PerformanceEntry
PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming Promise Proxy
QuotaExceededError RangeError ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
ReadableStreamDefaultController ReadableStreamDefaultReader ReferenceError Reflect RegExp Request Response Set SharedArrayBuffer
Storage String SubtleCrypto SuppressedError Symbol SyntaxError Temporal TextDecoder TextDecoderStream TextEncoder TextEncoderStream
TransformStream TransformStreamDefaultController TypeError URIError URL URLPattern URLSearchParams Uint16Array Uint32Array Uint8Array
Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly WebSocket WritableStream WritableStreamDefaultController
WritableStreamDefaultWriter atob btoa clearImmediate clearInterval clearTimeout console crypto decodeURI decodeURIComponent
encodeURI encodeURIComponent escape eval fetch global globalThis isFinite isNaN localStorage navigator parseFloat parseInt
performance process queueMicrotask sessionStorage setImmediate setInterval setTimeout structuredClone undefined unescape
Bun Deno
`;

const WORKER_GLOBALS: ReadonlySet<string> = new Set(
  NAMES.trim()
    .split(/\s+/)
    .filter((name) => name in globalThis),
);

/** Returns true if a bare worker has this global. */
export function isWorkerGlobal(name: string): boolean {
  return WORKER_GLOBALS.has(name);
}

/**
 * Globals whose names modules almost never declare. Two functions with the same text that use no other globals count as one inline function,
 * wherever they are written: this saves one inspector call (0.2 ms) per function object that a loop makes. `Map`, `fetch` and `setTimeout` are not
 * in the list, because modules import other things under these names.
 */
const SAFE_BY_TEXT: ReadonlySet<string> = new Set(
  `Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error Float32Array Float64Array Infinity Int16Array
  Int32Array Int8Array JSON Math NaN Number Object RangeError RegExp String TypeError Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray console globalThis isFinite isNaN parseFloat parseInt undefined`.split(/\s+/),
);

export function isSafeByText(name: string): boolean {
  return SAFE_BY_TEXT.has(name);
}
