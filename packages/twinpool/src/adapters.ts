/** From one face to the other, and to streams and promises. */
export * from '@twinpool/adapters';
