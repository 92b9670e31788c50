/**
 * Knows whether code of the user has looked at, or changed, the async context that it runs in: then no two tasks may run in one context.
 *
 *   untouched --first call of a watched function--> touched        for the rest of this worker's life
 *
 * A synchronous function changes the context of the code that runs after it only through these functions: `enterWith()` of a storage, and properties
 * of `executionAsyncResource()`. The two ids and `createHook()` show that tasks share a context, and count as well. `run()` restores what it changes.
 * A preload runs before this file and may have kept the functions: with one, the context counts as touched from the start. Does not know tasks.
 */
import asyncHooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import { flagsOf, parseNodeOptions } from '../primitives/node-flags.ts';

const WATCHED = ['executionAsyncResource', 'executionAsyncId', 'triggerAsyncId', 'createHook'] as const;
const PRELOADS = new Set(['-r', '--require', '--import', '--loader', '--experimental-loader']);

let isUntouched = false;

/** Whether tasks may run in one context. `false` until the watch begins. */
export function isContextUntouched(): boolean {
  return isUntouched;
}

/** Replaces the watched functions in this worker. To be called before it loads code of the user. */
export function watchAsyncContext(): void {
  if (hasPreload()) return;
  for (const name of WATCHED) replace(asyncHooks, name);
  replace(asyncHooks.AsyncLocalStorage.prototype, 'enterWith');
  syncBuiltinESMExports();
  isUntouched = true;
}

function hasPreload(): boolean {
  const flags = [...flagsOf(process.execArgv), ...parseNodeOptions(process.env['NODE_OPTIONS'] ?? '')];
  return flags.some(({ name }) => PRELOADS.has(name));
}

function replace<K extends string>(target: Record<K, (...args: never[]) => unknown>, name: K): void {
  const { value: original, ...descriptor } = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
  const replacement = {
    [name](this: unknown, ...args: unknown[]): unknown {
      isUntouched = false;
      return Reflect.apply(original, this, args);
    },
  };
  Object.defineProperty(target, name, { ...descriptor, value: replacement[name] });
}
