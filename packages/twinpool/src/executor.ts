/** `concurrent.futures` alone. */
export * from '@twinpool/executor';
