// The same ways through two nodes on this machine: `npm start -- --cluster`. Wants `redis-server` on the PATH, or the URL of an engine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BullmqRuntime } from '@twinpool/bullmq';

const TASKS = fileURLToPath(new URL('./survey-task.mjs', import.meta.url));
const COMMAND = fileURLToPath(new URL('./command.js', import.meta.resolve('twinpool')));
const QUEUE = 'survey';
const NODES = 2;

/**
 * Starts the nodes, and an engine if there is no URL. `end` ends all of them.
 *
 * @param {string | undefined} url
 */
export async function startCluster(url) {
  const port = url === undefined ? await freePort() : 0;
  const children =
    url === undefined ? [spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' })] : [];
  for (const child of children) await once(child, 'spawn');
  const connection = url ?? `redis://127.0.0.1:${port}`;
  for (let i = 0; i < NODES; i++) {
    const args = [COMMAND, 'worker', '--queue', QUEUE, '--tasks', TASKS, '--connection', connection, '--slots', '1'];
    children.push(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  }
  const runtime = await BullmqRuntime.connect({ connection, queue: QUEUE, tasks: TASKS, minNodes: NODES });
  const end = async () => {
    await runtime.close();
    for (const child of children.reverse()) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  };
  return { runtime, end };
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  return port;
}
