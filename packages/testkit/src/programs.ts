/** Runs a program of a test as a process of its own: what is to be seen is how it ends, and what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { PATIENCE, until, within } from './outcomes.ts';

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Program {
  readonly child: ChildProcess;
  /** Resolves when it has ended and its output is read. */
  readonly ended: Promise<ProgramEnd>;
  #output = '';
  #errors = '';

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      // Not 'close': a worker that is left over would hold the output open, and that it is there is what a test asks.
      child.once('exit', (code, signal) => setImmediate(() => resolve({ code, signal })));
    });
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid as number;
  }
  get output(): string {
    return this.#output;
  }
  get errors(): string {
    return this.#errors;
  }

  /** Resolves when it has printed the text. */
  printed(text: string, ms = PATIENCE): Promise<void> {
    return until(() => this.#output.includes(text), `'${text}' in the output '${this.#output}' and '${this.#errors}'`, ms);
  }

  /** How it ended, in time. */
  end(ms = PATIENCE): Promise<ProgramEnd> {
    return within(this.ended, ms, `the program (it printed '${this.#output}' and '${this.#errors}')`);
  }

  /** The numbers of the lines `name: 1 2 3`. */
  numbers(name: string): number[] {
    const line = this.#output.split('\n').find((each) => each.startsWith(`${name}: `));
    return line === undefined
      ? []
      : line
          .slice(name.length + 2)
          .split(' ')
          .map(Number);
  }
}

/** Starts it; when the test is over it is killed, should it still run. */
export function runProgram(file: URL, args: readonly string[] = [], execArgv: readonly string[] = []): Program {
  return started(
    spawn(process.execPath, [...execArgv, fileURLToPath(file), ...args], { env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Starts Node with these arguments and nothing else, from this folder. */
export function runNode(args: readonly string[], cwd: URL, input = '', env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [...args], { cwd, env: { ...ownEnvironment(), ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.end(input);
  return started(child);
}

function started(child: ChildProcess): Program {
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return new Program(child);
}

/** Without what the test runner told this process about itself. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS$|TEST$)/.test(name)));
}
