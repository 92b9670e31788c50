/**
 * Shows how far `twinpool map` is, on a terminal, and writes the summary at its end.
 *
 * With the size of the input known there is a bar and the time that is left; otherwise the counts only.
 * This file does not count: it is given the counts.
 */
import cliProgress from 'cli-progress';

export interface Counts {
  /** Records that were written, and that failed. */
  readonly written: number;
  readonly failed: number;
  /** Bytes of the input that were read, and those whose records are done. */
  readonly bytes: number;
  readonly doneBytes: number;
}

/** ms between two drawings. */
const REDRAW = 200;
const MEGABYTE = 1e6;

export class ProgressBar {
  readonly #bar: cliProgress.SingleBar;
  readonly #timer: NodeJS.Timeout;
  readonly #counts: () => Counts;
  readonly #start = performance.now();

  /** @param size - Bytes of the input; `undefined` where they are not known. */
  constructor(stream: NodeJS.WriteStream, size: number | undefined, counts: () => Counts) {
    const total = size === undefined || size === 0 ? undefined : size;
    const counted = '{records} records, {rate}/s, {failed} failed';
    const format = total === undefined ? `  ${counted}` : `  {bar} {percentage} % | ETA {eta_formatted} | ${counted}`;
    this.#counts = counts;
    this.#bar = new cliProgress.SingleBar(
      { format, stream, clearOnComplete: true, hideCursor: null as unknown as boolean, fps: 10, etaBuffer: 50, gracefulExit: false },
      cliProgress.Presets.shades_grey,
    );
    this.#bar.start(total ?? Number.MAX_SAFE_INTEGER, 0, this.#payload());
    this.#timer = setInterval(() => this.#draw(), REDRAW);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#bar.stop();
  }

  #draw(): void {
    this.#bar.update(this.#counts().doneBytes, this.#payload());
  }

  #payload(): Record<string, string> {
    const { written, failed } = this.#counts();
    return { records: String(written + failed), failed: String(failed), rate: rateOf(written + failed, performance.now() - this.#start) };
  }
}

export interface Summary extends Counts {
  readonly took: number;
  /** Records that are done without a gap; `undefined` where there is no order. */
  readonly next: number | undefined;
  /** Why it ended before the end of the input. */
  readonly reason: string | undefined;
}

export function summaryOf({ written, failed, bytes, took, next, reason }: Summary): string {
  const records = `${written + failed} record${written + failed === 1 ? '' : 's'}`;
  const size = `${(bytes / MEGABYTE).toFixed(1)} MB read`;
  const rate = `${(took / 1000).toFixed(1)} s, ${rateOf(written + failed, took)}/s`;
  const line = `twinpool map: ${reason === undefined ? '' : `${reason}; `}${records}: ${written} written, ${failed} failed; ${size}, ${rate}`;
  return next === undefined ? `${line}\n` : `${line}; to go on: --skip ${next}\n`;
}

function rateOf(records: number, took: number): string {
  const rate = (1000 * records) / Math.max(1, took);
  return rate < 10 ? rate.toFixed(1) : rate.toFixed(0);
}
