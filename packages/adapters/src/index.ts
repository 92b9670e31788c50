/** The door of the adapters: from one facade to the other, and to streams and promises. */
export { asExecutor } from './as-executor.ts';
export { asPool } from './as-pool.ts';
export { type MapStream, mapStream } from './map-stream.ts';
export { mapWebStream, type WebStreamPair } from './map-web-stream.ts';
export { runInExecutor } from './run-in-executor.ts';
export type { MapStreamOptions, StreamTarget } from './stream-target.ts';
export { toAsyncResult } from './to-async-result.ts';
export { toFuture } from './to-future.ts';
