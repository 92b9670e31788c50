import { Pool } from 'twinpool';
export const dynamic = 'force-dynamic';
// One for the whole server. In development this module is loaded again after a change: the pool stays.
globalThis.slowPool ??= new Pool(1);
export async function GET() {
  const done = await globalThis.slowPool.apply(async (ms) => new Promise((resolve) => setTimeout(resolve, ms, process.pid)), [500]);
  return Response.json({ done });
}
