import { join } from 'node:path';
import { Pool, ThreadPool, taskRef } from 'twinpool';
import { square as exported } from '../../../lib/square.tasks.mjs';
export const dynamic = 'force-dynamic';
export async function GET() {
  const square = taskRef(join(process.cwd(), 'lib/square.tasks.mjs'), 'square');
  const out = {};
  for (const [kind, AnyPool] of [
    ['threads', ThreadPool],
    ['processes', Pool],
  ]) {
    const pool = new AnyPool(1);
    out[kind] = [
      await pool.map(square, [1, 2]),
      await pool.map((x) => x + 1, [1, 2]),
      await pool.map(exported, [2]).catch((e) => `${e.name}: ${e.message}`),
    ];
    pool.terminate();
    await pool.join();
  }
  return Response.json(out);
}
