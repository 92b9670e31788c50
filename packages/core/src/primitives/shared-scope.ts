/**
 * Gives calls of one async context one scope, as long as no microtask runs between them.
 *
 * An AsyncResource that outlives a garbage collection costs about a microsecond. A burst of calls with objects would pay it for each call, although
 * most objects have no getter, and then no code of the user runs in the scope at all.
 *
 *   Node 20, 22   the stores are own symbols of the resource that executes: same resource, same values -> same context
 *   Node 24       the stores are one frame, which a new resource has under the symbol FRAME: same frame -> same context
 *
 * It does not know what runs in a scope.
 */
import { executionAsyncResource } from 'node:async_hooks';
import { afterMicrotasks } from './time.ts';
import { type Scope, scopeHere } from './user-code.ts';

type Fields = Readonly<Record<symbol, unknown>>;

const { getOwnPropertySymbols } = Object;
/** Node numbers a resource under two symbols. A third one holds the frame. */
const FRAME: symbol | undefined = getOwnPropertySymbols(scopeHere()).find((key) => typeof fieldsOf(scopeHere())[key] !== 'number');

let shared: Scope | undefined;
let resource: object | undefined;
let keys: readonly symbol[] = [];
let values: readonly unknown[] = [];

/** Returns a scope of the context of the code that runs now. Other calls may have it too: enter it by `runApart`. */
export function sharedScopeHere(): Scope {
  if (FRAME === undefined && shared !== undefined && isSameResource()) return shared;
  const scope = scopeHere();
  if (FRAME !== undefined && shared !== undefined && fieldsOf(shared)[FRAME] === fieldsOf(scope)[FRAME] && isSameResource()) return shared;
  // A store of the user is not held longer than this.
  if (shared === undefined) afterMicrotasks(forget);
  shared = scope;
  resource = executionAsyncResource();
  keys = getOwnPropertySymbols(resource);
  values = keys.map((key) => fieldsOf(resource as object)[key]);
  return scope;
}

function isSameResource(): boolean {
  const here = executionAsyncResource();
  if (here !== resource || getOwnPropertySymbols(here).length !== keys.length) return false;
  for (let i = 0; i < keys.length; i++) if (fieldsOf(here)[keys[i] as symbol] !== values[i]) return false;
  return true;
}

function forget(): void {
  shared = undefined;
  resource = undefined;
  values = [];
}

function fieldsOf(object: object): Fields {
  return object as Fields;
}
