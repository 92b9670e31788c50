// What scripts/matrix-runtimes.mjs runs: the four classes, with tasks by reference, by export and by source, errors, values, time limits, lost workers
// and ends.
import { asCompleted, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, taskRef, wait } from 'twinpool';
import * as direct from './tasks.ts';

const t = taskRef(new URL('./tasks.ts', import.meta.url));
const area = taskRef(new URL('./tasks.ts', import.meta.url), 'Shape.area');
let right = 0;
let wrong = 0;
async function check(name, run, expected) {
  const timeout = new Promise((_, reject) => {
    setTimeout(() => reject(new Error('HANG 30s')), 3e4);
  });
  const got = await Promise.race([run(), timeout]).catch((e) => `${e?.name}: ${String(e?.message).slice(0, 160)}`);
  const ok = typeof expected === 'function' ? expected(got) : JSON.stringify(got) === JSON.stringify(expected);
  if (ok) right += 1;
  else {
    wrong += 1;
    console.log('WRONG', name, got);
  }
}
for (const P of [Pool, ThreadPool]) {
  const n = P.name.startsWith('Thread') ? 'ThreadPool' : 'Pool';
  const pool = new P(2);
  await check(`${n} map ref`, () => pool.map(t.square, [1, 2, 3]), [1, 4, 9]);
  await check(
    `${n} starmap`,
    () =>
      pool.starmap(area, [
        [2, 3],
        [4, 5],
      ]),
    [6, 20],
  );
  await check(`${n} inline`, () => pool.map((x) => x + 1, [1, 2]), [2, 3]);
  await check(`${n} async`, () => pool.map(t.slow, [1, 2, 3, 4]), [2, 3, 4, 5]);
  await check(
    `${n} exported`,
    () => pool.map(direct.square, [3]),
    (g) => JSON.stringify(g) === '[9]' || /TaskSerializationError.*taskRef|TaskSer/.test(g),
  );
  await check(`${n} error`, async () => {
    const e = await pool.apply(t.fail, []).catch((e2) => e2);
    return [e instanceof RangeError, e.message, e.code, e.own];
  }, [true, 'no', 'E_NO', 7]);
  await check(`${n} bytes in`, () => pool.apply(t.sizeOf, [new Uint8Array(3e6)]), 3e6);
  await check(`${n} bytes out`, async () => {
    const b = await pool.apply(t.bytes, [2e6]);
    return [b.constructor.name, b.length, b[5]];
  }, ['Uint8Array', 2e6, 7]);
  await check(`${n} values`, async () => {
    const m = await pool.apply(t.echo, [
      {
        m: /* @__PURE__ */ new Map([[1, /* @__PURE__ */ new Set([2])]]),
        d: /* @__PURE__ */ new Date(5),
        b: 3n,
        u: void 0,
        n: NaN,
        r: /x/g,
      },
    ]);
    return [m.m.get(1).has(2), m.d.getTime(), String(m.b), 'u' in m, Number.isNaN(m.n), m.r.flags];
  }, [true, 5, '3', true, true, 'g']);
  await check(`${n} imap`, async () => {
    const o = [];
    for await (const v of pool.imap(t.square, [1, 2, 3])) o.push(v);
    return o;
  }, [1, 4, 9]);
  await check(
    `${n} imapUnordered`,
    async () => {
      const o = [];
      for await (const v of pool.imapUnordered(
        t.square,
        Array.from({ length: 200 }, (_, i) => i),
      ))
        o.push(v);
      return o.length;
    },
    200,
  );
  await check(`${n} applyAsync.get(timeout)`, async () => {
    const r = pool.applyAsync(t.slow, [1]);
    return [await r.get(2e4), r.successful()];
  }, [2, true]);
  await check(
    `${n} many`,
    async () =>
      (
        await pool.map(
          t.square,
          Array.from({ length: 5e3 }, (_, i) => i),
        )
      ).length,
    5e3,
  );
  await check(
    `${n} timeout`,
    () => pool.apply(t.forever, [], { taskTimeout: 500 }),
    (g) => /TaskTimeoutError/.test(g),
  );
  await check(`${n} after timeout`, () => pool.apply(t.square, [5]), 25);
  await check(
    `${n} lost`,
    () => pool.apply(t.die, []),
    (g) => /WorkerLost|Lost|Broken/.test(g),
  );
  await check(`${n} after lost`, () => pool.apply(t.square, [6]), 36);
  await check(
    `${n} close join`,
    async () => {
      pool.close();
      await pool.join();
      return 1;
    },
    1,
  );
  const p2 = new P(2);
  void p2.mapAsync(t.forever, [1, 2]).catch(() => 0);
  await check(`${n} first`, () => new Promise((r) => setTimeout(r, 300)), void 0);
  await check(
    `${n} terminate`,
    async () => {
      p2.terminate();
      await p2.join();
      return 1;
    },
    1,
  );
  const p3 = new P({ processes: 1, initializer: t.square, initargs: [2], maxTasksPerChild: 2 });
  await check(`${n} maxTasksPerChild`, () => p3.map(t.square, [1, 2, 3, 4, 5]), [1, 4, 9, 16, 25]);
  await check(
    `${n} end3`,
    async () => {
      p3.close();
      await p3.join();
      return 1;
    },
    1,
  );
}
for (const E of [ThreadPoolExecutor, ProcessPoolExecutor]) {
  const n = E.name.replace(/\d$/, '');
  const ex = new E(2);
  await check(`${n} submit`, async () => {
    const f = ex.submit(t.square, 3);
    return [await f, f.done()];
  }, [9, true]);
  await check(`${n} inline`, async () => await ex.submit((x) => x * 2, 4), 8);
  await check(`${n} map`, async () => {
    const o = [];
    for await (const v of ex.map(t.square, [1, 2, 3])) o.push(v);
    return o;
  }, [1, 4, 9]);
  await check(`${n} error`, async () => {
    const e = await ex.submit(t.fail).exception();
    return [e instanceof RangeError, e.code, e.own];
  }, [true, 'E_NO', 7]);
  await check(
    `${n} asCompleted`,
    async () => {
      let k = 0;
      for await (const f of asCompleted([ex.submit(t.slow, 1), ex.submit(t.square, 2)])) k += await f.result();
      return k;
    },
    6,
  );
  await check(
    `${n} wait`,
    async () => {
      const { done } = await wait([ex.submit(t.slow, 1), ex.submit(t.slow, 2)]);
      return [...done].length;
    },
    2,
  );
  await check(
    `${n} cancel`,
    async () => {
      const fs = Array.from({ length: 50 }, () => ex.submit(t.slow, 1));
      const c = fs.at(-1).cancel();
      await Promise.allSettled(fs);
      return c;
    },
    true,
  );
  await check(
    `${n} lost`,
    async () => (await ex.submit(t.die).exception())?.name,
    (g) => /Broken|Lost/.test(g),
  );
  await check(
    `${n} shutdown`,
    async () => {
      await ex.shutdown();
      return 1;
    },
    1,
  );
}
console.log(`cases: ${right} right, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
