/** A package whose workers are elsewhere: it extends WorkerRuntime with transports of its own, through the built entry points. */
import { WorkerRuntime } from '@twinpool/core';
import { RuntimeCore, type Transport, type TransportFactory, type TransportOwner } from '@twinpool/core/facade';
import { expect, it, onTestFinished } from 'vitest';
import { resolveRuntime } from '../src/options/resolve-options.ts';
import { ANSWER, BLOCKING, READY, RUN_ITEMS } from '../src/wire/messages.ts';
import { openAt } from './contract/workplace.ts';

/** Doubles each argument in this program, in a later turn. */
class Doubling implements Transport {
  readonly kind = 'doubling';
  readonly canTakeBack = false;
  readonly canInterrupt = true;
  readonly ownMessageFrom = 1;
  readonly pid = undefined;
  readonly threadId = undefined;
  readonly isAnswerHeld = false;
  #owner: TransportOwner | undefined;

  start(owner: TransportOwner): void {
    this.#owner = owner;
    setImmediate(() => owner.received([READY, 0]));
  }
  hasRoom(): boolean {
    return true;
  }
  post(): void {}
  postTasks(_slot: number, _sequence: number, count: number, { runs }: Parameters<Transport['postTasks']>[3]): void {
    const values = Array.from(runs[RUN_ITEMS] as ArrayLike<number>, (item) => item * 2);
    setImmediate(() => this.#owner?.received([ANSWER, count, values, undefined, [], 0, BLOCKING]));
  }
  accept(): undefined {}
  countStarted(): number {
    return 0;
  }
  takeBack(): number {
    return 0;
  }
  abort(): void {}
  release(): void {}
  finish(): void {
    this.kill();
  }
  kill(): void {
    setImmediate(() => this.#owner?.gone({ exitCode: 0, signal: null }));
  }
  stoppedFor(): number {
    return 0;
  }
}

const doubling: TransportFactory = {
  capabilities: { sharesMemory: false, movesBuffers: false },
  make: () => new Doubling(),
  afterWorkers: () => undefined,
};

class DoublingRuntime extends WorkerRuntime {
  constructor(size: number) {
    const { workers, share } = resolveRuntime({ kind: 'process', workers: size });
    super(new RuntimeCore(workers as never, share as never, false, { transports: () => doubling }) as never);
  }
}

it('runs the work of a facade on the transports that a package brings', async () => {
  const runtime = new DoublingRuntime(2);
  onTestFinished(() => runtime.close());
  const place = openAt(runtime);
  expect(
    await place.call(function anything(x: number) {
      return x;
    }, 21),
  ).toBe(42);
  expect(runtime.stats()).toMatchObject({ completed: 1, workers: 1, lostWorkers: 0 });
  await place.end();
});
