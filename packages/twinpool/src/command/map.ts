/**
 * `twinpool map`: composes input, cutter, workers and output, and turns how they end into an exit code.
 *
 *   input --chunks--> MapRun --blocks--> workers --lines--> MapRun --in order--> output
 *                        '--lines of failed records, the summary, what tasks print--> standard error
 *
 *   misuse -> 2     signal -> 129, 130, 143     output closed -> 141     input or output failed -> 2     a record failed -> 1     else 0
 *
 * Order of the start: options, input, module, function, output. So misuse is found before anything is written.
 * This file does not know records.
 */
import { constants } from 'node:os';
import { cpuCount } from '@twinpool/core';
import { Input, Output } from './map-files.ts';
import { HELP, type MapOptions, readMapOptions } from './map-options.ts';
import { type Counts, ProgressBar, summaryOf } from './map-progress.ts';
import { MapRun } from './map-run.ts';
import { MapWorkers } from './map-workers.ts';
import { Misuse, messageOf } from './misuse.ts';
import type { SignalWatch } from './signal-watch.ts';
import type { Surroundings } from './surroundings.ts';

/** What a shell adds to the number of the signal that ended a program. */
const BY_SIGNAL = 128;
/** ms. After a signal the standard error is not waited for any longer. */
const LAST_WORDS = 2_000;

/** Runs the command. Returns the exit code; after a signal it ends the program. */
export async function runMap(args: readonly string[], surroundings: Surroundings, signals: SignalWatch): Promise<number> {
  try {
    const options = readMapOptions(args, surroundings);
    if (options === 'help') {
      surroundings.stdout.write(HELP);
      return 0;
    }
    return await new MapCommand(options, surroundings).run(signals);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    surroundings.stderr.write(`twinpool map: ${error.message}\n`);
    return 2;
  }
}

/** How the command ends before its input does. */
interface Interruption {
  readonly code: number;
  /** For the summary. Absent: nothing more is written. */
  readonly reason?: string;
}

class MapCommand {
  readonly #options: MapOptions;
  readonly #surroundings: Surroundings;
  readonly #log: Output;
  readonly #start = performance.now();
  #input: Input | undefined;
  #output: Output | undefined;
  #workers: MapWorkers | undefined;
  #run: MapRun | undefined;
  #bytes = 0;
  #outputError: string | undefined;
  #interruption: Interruption | undefined;
  #interrupted: (() => void) | undefined;

  constructor(options: MapOptions, surroundings: Surroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    // A standard error whose reader has gone is ignored.
    this.#log = new Output(surroundings.stderr, { drained: () => this.#run?.advance(), failed: () => undefined });
  }

  async run(signals: SignalWatch): Promise<number> {
    signals.deliver((signal) => this.#signalled(signal));
    try {
      await this.#open();
      return await this.#mapAll();
    } finally {
      this.#input?.close();
      // Where the start failed, workers are there still.
      await this.#workers?.end(true);
    }
  }

  async #open(): Promise<void> {
    const { input, output, skip } = this.#options;
    const cwd = this.#surroundings.cwd();
    this.#input = Input.open(input, cwd);
    this.#workers = await MapWorkers.start(
      this.#options,
      cwd,
      (report) => this.#run?.reported(report),
      (text) => this.#log.write(text),
    );
    const checked = this.#workers.check();
    const interrupted = new Promise<void>((resolve) => {
      this.#interrupted = resolve;
      if (this.#interruption !== undefined) resolve();
    });
    await Promise.race([checked, interrupted]);
    if (this.#interruption !== undefined) {
      checked.catch(() => undefined);
      return;
    }
    const events = { drained: () => this.#run?.advance(), failed: (error: NodeJS.ErrnoException) => this.#outputFailed(error) };
    this.#output = Output.open(output, cwd, skip > 0, this.#input, events);
  }

  async #mapAll(): Promise<number> {
    if (this.#interruption !== undefined) return await this.#end(undefined);
    const workers = this.#workers as MapWorkers;
    const log = this.#log;
    const output = this.#output as Output;
    const run = new MapRun({
      options: this.#options,
      workers: this.#options.workers ?? cpuCount(),
      target: { write: (bytes) => output.write(bytes), fail: (text) => log.write(text) },
      isFull: () => output.isFull || log.isFull,
      read: () => this.#read(),
      run: (call) => workers.run(call),
    });
    this.#run = run;
    const bar = this.#bar();
    let error: unknown;
    try {
      await run.run();
    } catch (thrown) {
      error = thrown;
    }
    bar?.stop();
    return await this.#end(error);
  }

  async #read(): Promise<Buffer | undefined> {
    const chunk = await this.#input?.next();
    this.#bytes += chunk?.length ?? 0;
    return chunk;
  }

  #bar(): ProgressBar | undefined {
    const { stderr } = this.#surroundings;
    return stderr.isTTY ? new ProgressBar(stderr, this.#input?.size, () => this.#counts()) : undefined;
  }

  #counts(): Counts {
    const { written = 0, failed = 0, doneBytes = 0 } = this.#run?.results ?? {};
    return { written, failed, bytes: this.#bytes, doneBytes };
  }

  /** Writes what is done, and the summary. */
  async #end(error: unknown): Promise<number> {
    this.#input?.close();
    const ended = this.#workers?.end(this.#interruption !== undefined || error !== undefined);
    await this.#output?.flush();
    await ended;
    const interruption = this.#interruption ?? (error === undefined ? undefined : faultOf(error));
    if (interruption?.reason === undefined && interruption !== undefined) return interruption.code;
    const { failed } = this.#counts();
    const code = interruption?.code ?? (failed > 0 ? 1 : 0);
    if (this.#outputError !== undefined) this.#log.write(`twinpool map: ${this.#outputError}\n`);
    else this.#log.write(this.#summary(interruption?.reason));
    await Promise.race([this.#log.flush(), ...(code > BY_SIGNAL ? [pause(LAST_WORDS)] : [])]);
    // A read of the input that waits would keep the program alive.
    if (code > BY_SIGNAL || error !== undefined) process.exit(code);
    return code;
  }

  #summary(reason: string | undefined): string {
    const { isOrdered, skip, stopsOnError } = this.#options;
    const counts = this.#counts();
    return summaryOf({
      ...counts,
      took: performance.now() - this.#start,
      next: isOrdered ? (this.#run?.results.next ?? skip) : undefined,
      reason: reason ?? (counts.failed > 0 && stopsOnError ? 'stopped at a failed record' : undefined),
    });
  }

  #outputFailed(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') this.#interrupt({ code: 141 });
    else {
      // How much was written is not known, so there is no summary.
      this.#outputError = `cannot write the output: ${error.message}`;
      this.#run?.stop(new Misuse(this.#outputError));
    }
  }

  #signalled(signal: NodeJS.Signals): void {
    const code = BY_SIGNAL + constants.signals[signal];
    // The second one.
    if (this.#interruption !== undefined) process.exit(code);
    this.#interrupt({ code, reason: `interrupted by ${signal}` });
  }

  #interrupt(interruption: Interruption): void {
    this.#interruption ??= interruption;
    this.#interrupted?.();
    this.#run?.stop();
  }
}

function faultOf(error: unknown): Interruption {
  return { code: error instanceof Misuse ? 2 : 1, reason: messageOf(error) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
