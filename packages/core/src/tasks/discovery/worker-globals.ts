/**
 * What every worker has: the globals of the language and of Node.
 *
 * Decides when a name needs no declaration. A list, since this side's global object may hold more than a worker's (a test
 * runner's, a DOM's, the program's own); a name of the list that this runtime lacks is missing in its workers too.
 * The names are those of `Object.getOwnPropertyNames(globalThis)` in bare workers of Node 20 to 26.
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

/** Whether a bare worker has this global. */
export function isWorkerGlobal(name: string): boolean {
  return WORKER_GLOBALS.has(name);
}

/**
 * Globals that hardly any module has a variable of its own for. Two functions with the same text that use no others are taken
 * for one inline function wherever they are written: that spares an inspector's look (0.2 ms) for each function object that a
 * loop makes. `Map`, `fetch` or `setTimeout` are not among them: those are imported under the same names.
 */
const SAFE_BY_TEXT: ReadonlySet<string> = new Set(
  `Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error Float32Array Float64Array Infinity Int16Array
  Int32Array Int8Array JSON Math NaN Number Object RangeError RegExp String TypeError Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray console globalThis isFinite isNaN parseFloat parseInt undefined`.split(/\s+/),
);

export function isSafeByText(name: string): boolean {
  return SAFE_BY_TEXT.has(name);
}
