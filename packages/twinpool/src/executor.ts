/** `twinpool/executor`: the names of `@twinpool/executor`, which is `concurrent.futures`. */
export * from '@twinpool/executor';
