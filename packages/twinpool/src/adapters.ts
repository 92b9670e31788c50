/** `twinpool/adapters`: the names of `@twinpool/adapters`. */
export * from '@twinpool/adapters';
