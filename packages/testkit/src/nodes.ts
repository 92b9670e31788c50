/**
 * Runs `twinpool worker` as a process, for tests, chaos runs and benchmarks: `import { runWorkerCommand, startNode } from '@twinpool/testkit/nodes'`.
 *
 * It must not import a test runner: the caller ends what it has started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../twinpool/dist/command.js', import.meta.url));

export interface WorkerCommand {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its first line on standard output; rejects if it ends before. */
  readonly firstLine: Promise<string>;
  /** Resolves with the exit code, or the signal. */
  readonly exited: Promise<number | string>;
  /** Resolves when standard error has this text; rejects if the command ends before. */
  logged(text: string): Promise<void>;
  /** Ends it at once. */
  end(): Promise<void>;
}

export interface StartedNode extends WorkerCommand {
  /** The line that says that it is ready. */
  readonly ready: { readonly ready: true; readonly queue: string; readonly slots: number; readonly tasks: readonly string[] };
}

export interface NodeOptions {
  readonly url: string;
  readonly queue: string;
  readonly tasks: string;
  /** Further options, or others in place of the defaults: one thread, and locks of two seconds, so that a lost node is noticed soon. */
  readonly args?: readonly string[] | undefined;
  /** A program and its arguments that run the command. */
  readonly prefix?: readonly string[] | undefined;
}

/** `prefix`: a program and its arguments that run the command. */
export function runWorkerCommand(args: readonly string[], prefix: readonly string[] = []): WorkerCommand {
  const [program, ...rest] = [...prefix, process.execPath, COMMAND, 'worker', ...args];
  const child = spawn(program as string, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  const looks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of looks) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of looks) look();
  });
  const exited = new Promise<number | string>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? '')));
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      look();
      void exited.then((end) => reject(new Error(`the command ended with ${end}: ${stderr}`)));
    });
  const firstLine = until(() => (stdout.includes('\n') ? stdout.slice(0, stdout.indexOf('\n')) : undefined));
  firstLine.catch(() => undefined);
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    firstLine,
    exited,
    logged: (text) => until(() => (stderr.includes(text) ? true : undefined)).then(() => undefined),
    end: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Resolves when the node is ready. */
export async function startNode({ url, queue, tasks, args = [], prefix }: NodeOptions): Promise<StartedNode> {
  const defaults = { '--connection': url, '--kind': 'thread', '--slots': '1', '--lock-duration': '2000' };
  const own = Object.entries(defaults).flatMap((pair) => (args.includes(pair[0]) ? [] : pair));
  const command = runWorkerCommand(['--queue', queue, '--tasks', tasks, ...own, ...args], prefix);
  return { ...command, ready: JSON.parse(await command.firstLine) as StartedNode['ready'] };
}
