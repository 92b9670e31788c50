/**
 * Encodes the outcomes of a job's calls as its result. A result that cannot be sent is the failure of its own call.
 */
import { TwinpoolError } from '@twinpool/core';
import { AS_BYTES, AS_THROWN, BYTES, encodeThrown, Packer } from '@twinpool/core/facade';
import { type ResultData, VERSION } from '../wire/job-data.ts';
import { encodeList } from '../wire/value-list.ts';

/** The calls of one run, after they ended. */
export interface RunOutcomes {
  readonly values: readonly unknown[];
  readonly failures: ReadonlySet<number>;
  /** Microseconds that each of its `ran` calls took, on average. */
  readonly mean: number;
  readonly ran: number;
}

export function resultOf(runs: readonly RunOutcomes[], maxPayloadBytes: number, broken: boolean): ResultData {
  const packer = new Packer({ sharesMemory: false, movesBuffers: false, maxPayloadBytes });
  const items: unknown[] = [];
  const specials: unknown[] = [];
  const times: number[] = [];
  packer.travelTogether(true);
  for (const { values, failures, mean, ran } of runs) {
    for (let index = 0; index < values.length; index++) {
      if (failures.has(index)) addError(values[index], items, specials);
      else addValue(values[index], packer, items, specials);
    }
    times.push(ran, Math.round(mean * ran * 1000) / 1000);
  }
  packer.travelTogether(false);
  const values = encodeList(items, specials.length === 0 ? undefined : specials);
  return { v: VERSION, count: items.length, values, times, broken };
}

function addValue(value: unknown, packer: Packer, items: unknown[], specials: unknown[]): void {
  if (
    (typeof value !== 'object' && typeof value !== 'string' && typeof value !== 'function' && typeof value !== 'symbol') ||
    value === null
  ) {
    items.push(value);
    return;
  }
  try {
    packer.pack(value, 'result');
    if (packer.form === BYTES) addSpecial(AS_BYTES, packer.value, items, specials);
    else items.push(packer.value);
    packer.clear();
  } catch (error) {
    addError(error, items, specials);
  }
}

/** An error that a task threw is marked as such; one of this node's own (a lost worker, a time limit) is not. */
function addError(error: unknown, items: unknown[], specials: unknown[]): void {
  const isOwn = error instanceof TwinpoolError && error.remote !== true;
  addSpecial(AS_THROWN, encodeThrown(error, isOwn ? 'worker' : 'task'), items, specials);
}

function addSpecial(kind: number, payload: unknown, items: unknown[], specials: unknown[]): void {
  specials.push(items.length, kind, payload);
  items.push(undefined);
}
