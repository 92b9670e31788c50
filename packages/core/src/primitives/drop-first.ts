/**
 * Removes the first item of a list that mostly has one: `pop` is compiled into the caller, `shift` calls a function of V8 for it. It does not know the items.
 */
export function dropFirst(list: unknown[]): void {
  if (list.length === 1) list.pop();
  else list.shift();
}
