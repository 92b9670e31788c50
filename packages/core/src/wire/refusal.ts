/**
 * The text that says why a value cannot be sent, and what to send instead.
 *
 * This file does not know where in an argument the value is: the caller puts the path before the text.
 */
import { types } from 'node:util';
import { refuseClass, typeName } from './value-kind.ts';

const ADVICE: Readonly<Record<string, string>> = {
  __proto__: null as never,
  Promise: 'await it first',
  Proxy: 'send a plain copy of it',
  URL: 'send its href',
  URLSearchParams: 'send its toString()',
  Headers: 'send its entries: [...headers]',
  FormData: 'send its entries: [...formData]',
  Request: 'send its url and body',
  Response: 'read its body first',
  Blob: 'send its bytes: await blob.arrayBuffer()',
  File: 'send its bytes and its name',
  AbortSignal: 'give it to the call as the option `signal`',
  AbortController: 'give its signal to the call as the option `signal`',
  SharedArrayBuffer: 'memory can be shared with worker threads only',
  'WebAssembly.Module': 'send the bytes that it was compiled from',
  WeakRef: 'send what it refers to',
  'arguments object': 'send [...arguments]',
  'module namespace': 'import the module in the task',
};

interface Advised {
  readonly prototype: object;
  readonly name: string;
  readonly advice: string;
}

/** Classes of this package that cannot be sent. */
const advised: Advised[] = [];

/** Registers a class of a facade whose instances cannot be sent. `advice` says what to do instead. */
export function adviseFor(prototype: object, name: string, advice: string): void {
  refuseClass(prototype);
  advised.push({ prototype, name, advice });
}

/** Returns the end of a sentence whose subject is the value. `movesBuffers`: the transport can move values. */
export function refusal(value: unknown, movesBuffers: boolean): string {
  if (typeof value === 'function') {
    const name = types.isProxy(value) ? '' : Object.getOwnPropertyDescriptor(value, 'name')?.value;
    const named = typeof name === 'string' && name !== '' ? ` (${name.slice(0, 100)})` : '';
    return `is a function${named}; functions cannot be sent as values: pass data, or import it in the task's module`;
  }
  if (typeof value !== 'object' || value === null) return `is a ${typeof value}, which cannot be sent`;
  for (const { prototype, name, advice } of advised) {
    if (Object.prototype.isPrototypeOf.call(prototype, value)) return `is ${article(name)} ${name}, which cannot be sent; ${advice}`;
  }
  const name = typeName(value);
  const what = `is ${article(name)} ${name}`;
  const advice = ADVICE[name];
  if (advice !== undefined) return `${what}, which cannot be sent; ${advice}`;
  if (/Generator$|Iterator/.test(name)) return `${what}, which cannot be sent; collect its values first`;
  if (name === 'MessagePort' || name.endsWith('Stream')) {
    return movesBuffers
      ? `${what}, which can only be moved: list it with transfer(value, [...])`
      : `${what}, which cannot be sent to another process`;
  }
  return `${what}, which cannot be sent: its data cannot be copied`;
}

function article(name: string): string {
  return /^(?:[AEIO]|Un)/i.test(name) ? 'an' : 'a';
}
