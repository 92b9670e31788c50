/** `multiprocessing.Pool` alone. */
export * from '@twinpool/pool';
