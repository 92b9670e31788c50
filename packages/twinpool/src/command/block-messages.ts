/** Declares what travels between `twinpool map` and its workers: a block of records that is not parsed, and finished lines. */
import type { RecordFormat } from './records.ts';

/** ms. Then the rest of a block goes back: its records take longer than those before them, and other workers may be free. */
export const GIVE_BACK_AFTER = 20;

export interface BlockCall {
  /** Names the block in its reports. */
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly index: number;
  readonly line: number;
  readonly format: RecordFormat;
  /** The first row of a CSV input. */
  readonly header: Uint8Array | undefined;
  /** Lines of results have the index of their record. */
  readonly isIndexed: boolean;
  /** After GIVE_BACK_AFTER ms the worker returns the records that have not begun. */
  readonly mayGiveBack: boolean;
}

export interface Failure {
  /** Bytes of results in its part that come before it. */
  readonly at: number;
  /** The index of the record in the input. */
  readonly index: number;
  /** The line for the standard error. */
  readonly text: string;
}

/** Consecutive records of a block that are finished. */
export interface Part {
  readonly count: number;
  /** Lines of results. */
  readonly bytes: Uint8Array;
  readonly failures: readonly Failure[];
}

export interface BlockResult extends Part {
  /** Records of the block that have ended, those of reports included. The others have not begun. */
  readonly done: number;
  /** ms that they took. */
  readonly took: number;
}

/** Sent while a block runs. */
export interface BlockReport {
  readonly id: number;
  readonly part: Part;
  /** The worker ends now: the record behind the part ends it. */
  readonly isDying: boolean;
}

/** Where the function is. */
export interface FunctionPlace {
  /** Absent for an expression, which travels with each call. */
  readonly url?: string | undefined;
  readonly exportName?: string | undefined;
  readonly format: RecordFormat;
}
