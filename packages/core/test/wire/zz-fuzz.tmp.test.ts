import { deepStrictEqual } from 'node:assert';
import { createSecretKey } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TaskSerializationError } from '../../dist/errors.js';
import { anything, MEDIA, overProcesses, overThreads } from './media.ts';
import { encodeThrown, decodeThrown } from '../../dist/wire/thrown.js';
class P { x = 1; #y = 2; get z() { return this.#y; } }
class E2 extends RangeError { code = 5; }
const specials: (() => unknown)[] = [
  () => () => 1, () => Symbol('x'), () => new URL('http://a'), () => new Proxy({}, {}), () => new Proxy([1], { get() { throw new Error('t'); } }), () => Buffer.from('pooled'), () => Buffer.alloc(300000), () => Buffer.from('abcdef').subarray(2, 4),
  () => new Uint16Array(new ArrayBuffer(64), 8, 4), () => new ArrayBuffer(300000), () => new DataView(new ArrayBuffer(10), 2), () => new P(), () => new E2('x', { cause: { a: Buffer.from('zz') } }), () => ({ get g() { return Math.random() > 0.5 ? Buffer.from('g') : { deep: [1] }; } }),
  () => ({ get g(): never { throw 1; } }), () => Promise.resolve(1), () => new SharedArrayBuffer(8), () => Buffer.from(new SharedArrayBuffer(8)), () => createSecretKey(Buffer.from('k')), () => new Blob(['x']), () => new Map([[Buffer.from('k'), new Set([Buffer.from('s')])]]),
  () => Object.assign([1, 2], { extra: Buffer.from('x') }), () => Object.assign(Array(300).fill(1), { extra: Math.random() > 0.5 ? () => 1 : Buffer.from('y') }), () => runInNewContext('({a:[1,new Map([[1,2]])], e: new Error("x")})'), () => Object.create(null), () => Object.create({ inherited() {} }), () => { let v: unknown = 1; for (let i = 0; i < 120; i++) v = Math.random() > 0.5 ? [v] : { v }; return v; },
  () => { const a: unknown[] = []; a.length = 2 ** 31; a[5] = Buffer.from('q'); return a; }, () => { const c: Record<string, unknown> = {}; c.c = c; c.b = Buffer.from('cyc'); return c; }, () => process.env, () => Math, () => new Headers(), () => new DOMException('x'), () => Object(Symbol()), () => /x/g, () => Object('s'), () => 2n ** 300n, () => Array(100000).fill({ a: 1 }), () => new WeakMap(), () => ({ ['__proto__']: { p: 1 }, b: Buffer.from('p') }), () => Object.create(Map.prototype), () => Object.create(Error.prototype), () => new (class extends Map {})([[1, Buffer.from('m')]]), () => new (class extends Array {})(3), () => new (class extends Uint8Array {})(3), () => new Date(5), () => 'x'.repeat(70000), () => undefined,
  () => Object.defineProperty([1, 2], 0, { get() { return Buffer.from('i'); }, enumerable: true }), () => (function () { return arguments; })(), () => new (function Old(this: { a: number }) { this.a = 1; } as unknown as new () => object)(), () => Object.freeze({ f: 1 }), () => new Error('x', { cause: () => 1 }),
];
const special = fc.nat(specials.length - 1).map((i) => ({ __special: i }));
const tree = fc.letrec<{ node: unknown }>((tie) => ({ node: fc.oneof({ maxDepth: 3, depthSize: 'small' }, special, anything, fc.array(tie('node'), { maxLength: 4 }), fc.dictionary(fc.string(), tie('node'), { maxKeys: 4 })) })).node;
function build(v: any): any {
  if (v && typeof v === 'object' && '__special' in v) return specials[v.__special]!();
  if (Array.isArray(v)) { const a = v.map(build); return a; }
  if (v && typeof v === 'object' && (Object.getPrototypeOf(v) === Object.prototype || Object.getPrototypeOf(v) === null)) { const o: any = {}; for (const k of Object.keys(v)) Object.defineProperty(o, k, { value: build(v[k]), enumerable: true, configurable: true, writable: true }); return o; }
  return v;
}
function check(v: any, seen = new Set()): void { if (typeof v !== 'object' || v === null || seen.has(v)) return; seen.add(v); if (Buffer.isBuffer(v) && !(v.buffer instanceof SharedArrayBuffer)) { if (v.buffer.byteLength !== v.byteLength) throw new Error('LEAK'); return; } if (ArrayBuffer.isView(v) || v instanceof ArrayBuffer) return; if (v instanceof Map) for (const e of v) check(e, seen); else if (v instanceof Set) for (const e of v) check(e, seen); else { for (const k of Object.keys(v)) check(v[k], seen); check(v.cause, seen); } }
let ok = 0, refused = 0;
it.each(MEDIA)('%s', (_n, _m, carry) => {
  fc.assert(fc.property(tree, (t) => { const v = build(t); try { const r = carry(v); check(r.value); ok++; } catch (e) { if (!(e instanceof TaskSerializationError)) throw e; refused++; } }), { numRuns: Number(process.env.RUNS ?? 3000) });
  console.log({ ok, refused });
}, 300000);
it('T=P', () => { fc.assert(fc.property(anything, (v) => deepStrictEqual(overThreads(v).value, overProcesses(v).value)), { numRuns: 5000 }); }, 300000);
it('thrown', () => { fc.assert(fc.property(tree, (t) => { const v = build(t); const e = Object.assign(new Error('x', { cause: v }), { f: v }); structuredClone(encodeThrown(e)); const d = decodeThrown(structuredClone(encodeThrown(v)), { workerId: 1, kind: 'x' }); void d; }), { numRuns: 2000 }); }, 300000);
