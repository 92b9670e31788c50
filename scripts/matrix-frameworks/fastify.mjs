import Fastify from 'fastify';
import { Pool, ThreadPool } from 'twinpool';
import { slow, square } from './work.mjs';

const app = Fastify();
const pools = { threads: new ThreadPool(1), processes: new Pool(1) };
app.get('/map', async () => ({ threads: await pools.threads.map(square, [1, 2]), processes: await pools.processes.map(square, [1, 2]) }));
app.get('/slow', async () => pools.processes.apply(slow, [300]));
// `onClose` runs when the server takes no new requests and has answered the open ones.
app.addHook('onClose', async () => {
  for (const pool of Object.values(pools)) pool.close();
  await Promise.all(Object.values(pools).map((pool) => pool.join()));
});
process.once('SIGTERM', () => app.close());
await app.listen({ port: Number(process.env.PORT ?? 3000) });
