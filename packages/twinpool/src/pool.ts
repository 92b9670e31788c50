/** `twinpool/pool`: the names of `@twinpool/pool`, which is `multiprocessing.Pool`. */
export * from '@twinpool/pool';
