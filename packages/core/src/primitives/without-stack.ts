/**
 * Makes errors without a stack: to collect it takes longer than all the rest, and the program would find only files of this package in it.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  // `Reflect.set` does not throw with --frozen-intrinsics, where the limit cannot be changed; the error has a stack then.
  Reflect.set(Error, 'stackTraceLimit', 0);
  const error = make();
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return error;
}
