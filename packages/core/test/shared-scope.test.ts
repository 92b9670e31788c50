/** Tests that calls share a scope only where they share every store. */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { sharedScopeHere } from '../src/primitives/shared-scope.ts';
import { runApart, type Scope } from '../src/primitives/user-code.ts';

const storage = new AsyncLocalStorage<string>();
const other = new AsyncLocalStorage<string>();

function storeIn(scope: Scope): string | undefined {
  let store: string | undefined;
  runApart(
    scope,
    () => {
      store = storage.getStore();
    },
    undefined,
  );
  return store;
}

describe('a shared scope', () => {
  it('is one for calls of one context, in one turn of the microtasks', async () => {
    const first = sharedScopeHere();
    expect(sharedScopeHere()).toBe(first);
    await Promise.resolve();
    expect(sharedScopeHere()).not.toBe(first);
  });

  it('is another one inside run(), for each store, and after it', () => {
    const outside = sharedScopeHere();
    const [a, b] = ['a', 'b'].map((store) => storage.run(store, sharedScopeHere)) as [Scope, Scope];
    const nested = storage.run('a', () => other.run('x', () => storage.run('c', sharedScopeHere)));
    const after = sharedScopeHere();
    expect([outside, a, b, nested, after].map(storeIn)).toEqual([undefined, 'a', 'b', 'c', undefined]);
  });

  it('is another one where only a storage that was never used before has a store', () => {
    const fresh = new AsyncLocalStorage<string>();
    const before = sharedScopeHere();
    const inside = fresh.run('fresh', sharedScopeHere);
    let seen: string | undefined;
    runApart(
      inside,
      () => {
        seen = fresh.getStore();
      },
      undefined,
    );
    expect([inside === before, seen]).toEqual([false, 'fresh']);
  });

  it('is another one in another resource', () => {
    const resource = storage.run('of the resource', () => new AsyncResource('TEST'));
    const outside = sharedScopeHere();
    const inside = resource.runInAsyncScope(sharedScopeHere);
    expect([outside, inside].map(storeIn)).toEqual([undefined, 'of the resource']);
  });

  it('does not show what code that ran in it has entered', () => {
    const scope = storage.run('a', sharedScopeHere);
    runApart(scope, () => storage.enterWith('entered'), undefined);
    expect(storeIn(scope)).toBe('a');
    expect(storage.getStore()).toBe(undefined);
  });
});
