/** Runs a program as a separate process, so that a test can observe how it ends and what it leaves. */
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
  /** Resolves when the program has ended. */
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
      // Not 'close': a leaked worker keeps the output open, and tests look for such workers.
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

  /** Resolves when the program has printed the text. */
  printed(text: string, ms = PATIENCE): Promise<void> {
    return until(() => this.#output.includes(text), `'${text}' in the output '${this.#output}' and '${this.#errors}'`, ms);
  }

  /** Resolves to how the program ended; rejects after `ms`. */
  end(ms = PATIENCE): Promise<ProgramEnd> {
    return within(this.ended, ms, `the program (it printed '${this.#output}' and '${this.#errors}')`);
  }

  /** The numbers of the first line `name: 1 2 3`. */
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

/** Starts a program. At the end of the test it is killed if it is still running. */
export function runProgram(file: URL, args: readonly string[] = [], execArgv: readonly string[] = []): Program {
  return started(
    spawn(process.execPath, [...execArgv, fileURLToPath(file), ...args], { env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Starts Node with exactly these arguments, in this folder. */
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

/** The environment without the variables of the test runner. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS$|TEST$)/.test(name)));
}
