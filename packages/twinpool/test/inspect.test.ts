/** Tests the option `inspect`: debuggers that attach to workers. */
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { isRunning, makeGate, PATIENCE, runNode, until, within } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { mark, place, spin } from '@twinpool/testkit/tasks';
import { OptionsError, Pool, ProcessPoolExecutor, TaskTimeoutError, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
import { expect, onTestFinished } from 'vitest';

const inspectorUrl = (): string | undefined => process.getBuiltinModule('node:inspector').url();

async function isFree(port: number): Promise<boolean> {
  const server: Server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** The first of two free ports. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 40_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

/** The address for debuggers, once something listens on the port. */
async function urlOf(port: number): Promise<string> {
  for (const end = performance.now() + PATIENCE; ; ) {
    try {
      const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { webSocketDebuggerUrl: string }[];
      return target?.webSocketDebuggerUrl as string;
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** A debugger: a WebSocket client that sends commands, one at a time. */
class Debugger {
  readonly #socket: Socket;
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined);
    // Answers the frame with which the other side closes, as every debugger does.
    socket.on('data', (bytes: Buffer) => bytes[0] === 0x88 && socket.end());
    onTestFinished(() => void socket.destroy());
  }

  static async attach(port: number): Promise<Debugger> {
    const webSocketDebuggerUrl = await urlOf(port);
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16, 1).toString('base64'),
    };
    const upgrade = request(webSocketDebuggerUrl.replace('ws:', 'http:'), { headers, agent: false }).end();
    const [, socket] = (await once(upgrade, 'upgrade')) as [unknown, Socket];
    return new Debugger(socket);
  }

  get isAttached(): boolean {
    return !this.#socket.destroyed && this.#socket.readable;
  }

  /** Returns the text of the answer. */
  async send(method: string, params: object = {}): Promise<string> {
    const id = ++this.#id;
    const text = Buffer.from(JSON.stringify({ id, method, params }));
    // One masked text frame, with a mask of zeros.
    this.#socket.write(Buffer.concat([Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0]), text]));
    let answer = '';
    while (!answer.includes(`"id":${id},`)) answer += String((await within(once(this.#socket, 'data'), 30_000, method))[0]);
    return answer;
  }

  async detach(): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }
}

describe('processes', () => {
  test('worker `index` listens on port + index, and a debugger reaches it', async () => {
    const port = await freePorts();
    const pool = new Pool({ processes: 2, inspect: { port } });
    onTestFinished(() => pool[Symbol.asyncDispose]());
    await until(() => pool.stats().workers === 2, 'both workers');
    const urls = new Map(
      await pool.map(() => [process.pid, process.getBuiltinModule('node:inspector').url()] as const, new Array(40).fill(0), 1),
    );
    for (const [pid, url] of urls) {
      const own = Number(new URL(url as string).port);
      expect([port, port + 1]).toContain(own);
      const attached = await Debugger.attach(own);
      expect(await attached.send('Runtime.evaluate', { expression: 'process.pid' })).toContain(`"value":${pid}`);
      await attached.detach();
    }
  });

  test('time limits do not run while a debugger is attached', async () => {
    const port = await freePorts();
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, inspect: { port }, taskTimeout: 150 });
    onTestFinished(() => executor.killWorkers());
    const { pid } = await executor.submit(place);
    const attached = await Debugger.attach(port);
    expect(await executor.submit(spin, 700)).toBe(700);
    expect((await executor.submit(place)).pid).toBe(pid);
    await attached.detach();
    expect(await executor.submit(spin, 60_000).exception()).toBeInstanceOf(TaskTimeoutError);
  });

  test('a worker that leaves closes its inspector, attached or not, and the next has its port', async () => {
    const port = await freePorts();
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, inspect: { port }, maxTasksPerChild: 2, killGrace: 60_000 });
    const { pid } = await executor.submit(place);
    const attached = await Debugger.attach(port);
    await executor.submit(place);
    await until(() => !isRunning(pid) && !attached.isAttached, 'the end of the first worker');
    const next = await executor.submit(inspectorUrl);
    expect(next).toContain('ws://127.0.0.1:');
    await within(executor.shutdown());
    expect(await isFree(port)).toBe(true);
  });

  test('wait: nothing runs until a debugger lets it', async () => {
    const port = await freePorts();
    const gate = makeGate();
    const executor = new ProcessPoolExecutor({
      maxWorkers: 1,
      inspect: { port, wait: true },
      initializer: mark<string>,
      initargs: [gate.path, 'start'],
    });
    onTestFinished(() => executor.killWorkers());
    const future = executor.submit(spin, 1);
    const attached = await Debugger.attach(port);
    expect([gate.labels(), future.done()]).toEqual([[], false]);
    await attached.send('Runtime.runIfWaitingForDebugger');
    expect(await future).toBe(1);
    expect(gate.labels()).toEqual(['start']);
  });

  test('each address is printed once, also with replaced workers and without their standard error', async () => {
    const port = await freePorts();
    const program = runNode(
      [
        '--input-type=module',
        '-e',
        `import { Pool } from 'twinpool';
        const pool = new Pool({ processes: 1, maxTasksPerChild: 1, stdio: 'ignore', inspect: { port: ${port} } });
        for (let i = 0; i < 3; i++) await pool.apply(() => 1);
        pool.close();
        await pool.join();`,
      ],
      new URL('.', import.meta.url),
    );
    expect(await program.end()).toMatchObject({ code: 0 });
    const lines = program.errors.trim().split('\n');
    expect(lines[0]).toMatch(new RegExp(`^twinpool: worker process 0 listens for a debugger on ws://127\\.0\\.0\\.1:${port}/[\\w-]+$`));
    expect(lines.filter((line) => line.includes(`:${port}/`)).length).toBe(1);
    expect(program.errors).not.toContain('Debugger listening');
  });

  test('a port that is taken costs the inspector only', async () => {
    const port = await freePorts();
    const server = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, inspect: { port }, stdio: 'ignore' });
    onTestFinished(() => executor.shutdown());
    expect(await executor.submit(inspectorUrl)).toBeUndefined();
  });
});

test('threads are in the inspector of the program, whose address is printed once', async () => {
  const port = await freePorts();
  const program = runNode(
    [
      '--input-type=module',
      '-e',
      `import { ThreadPool } from 'twinpool';
      const pools = [1, 2].map(() => new ThreadPool({ processes: 1, inspect: { port: ${port} } }));
      for (const pool of pools) await pool.apply(() => 1);
      console.log(process.getBuiltinModule('node:inspector').url());`,
    ],
    new URL('.', import.meta.url),
  );
  expect(await program.end()).toMatchObject({ code: 0 });
  expect(program.output).toContain(`ws://127.0.0.1:${port}/`);
  expect(program.errors.split(`:${port}/`).length - 1).toBe(1);
});

describe('the option', () => {
  test.each([
    [{ inspect: 'yes' }, 'inspect', "expected true, false or an object { port, wait }, got 'yes'"],
    [{ inspect: 9230 }, 'inspect', 'got 9230'],
    [{ inspect: null }, 'inspect', 'got null'],
    [{ inspect: [] }, 'inspect', 'got an array'],
    [{ inspect: { port: 0 } }, 'inspect.port', 'a whole number from 1 to 65535, got 0'],
    [{ inspect: { port: 65_536 } }, 'inspect.port', 'got 65536'],
    [{ inspect: { port: 1.5 } }, 'inspect.port', 'got 1.5'],
    [{ inspect: { port: '9230' } }, 'inspect.port', "got '9230'"],
    [{ inspect: { wait: 1 } }, 'inspect.wait', 'expected true or false, got 1'],
    [{ inspect: { host: 'x' } }, 'inspect.host', 'unknown option'],
  ])('%o is refused, and nothing starts', (options, path, message) => {
    for (const Class of [Pool, ThreadPool, ProcessPoolExecutor, ThreadPoolExecutor, WorkerRuntime]) {
      try {
        new Class(options as never);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(OptionsError);
        expect((error as OptionsError).issues).toEqual([{ path, message: expect.stringContaining(message) }]);
      }
    }
  });

  test('is refused where it does not fit', () => {
    expect(() => new ProcessPoolExecutor({ maxWorkers: 10, inspect: { port: 65_530 } })).toThrow(
      /inspect\.port: the last of 10 workers would listen on port 65539/,
    );
    expect(() => new WorkerRuntime({ kind: 'inline', inspect: true })).toThrow(/inspect: needs a thread or a process/);
    const runtime = new WorkerRuntime({ kind: 'inline', inspect: false });
    expect(() => new Pool({ runtime, inspect: true })).toThrow(/inspect: shapes workers/);
    for (const inspect of [false, undefined, { port: undefined, wait: undefined }])
      expect(() => new ProcessPoolExecutor({ inspect })).not.toThrow();
  });
});
