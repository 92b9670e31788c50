/** The public names of `@twinpool/adapters`: adapters from one facade to the other, to streams and to promises. */
export { asExecutor } from './as-executor.ts';
export { asPool } from './as-pool.ts';
export { type MapStream, mapStream } from './map-stream.ts';
export { mapWebStream, type WebStreamPair } from './map-web-stream.ts';
export { runInExecutor } from './run-in-executor.ts';
export type { MapStreamOptions, StreamTarget } from './stream-target.ts';
export { toAsyncResult } from './to-async-result.ts';
export { toFuture } from './to-future.ts';
