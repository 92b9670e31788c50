import { expect, it } from 'vitest';
import { ANSWER, type Message } from '../src/wire/messages.ts';
import { Answers } from '../src/worker/answers.ts';
import type { WorkerTransport } from '../src/worker/transport.ts';

function answersOf() {
  const sent: Message[] = [];
  const capabilities = { sharesMemory: true, movesBuffers: true };
  const transport = { mode: 0, capabilities, memory: { sometimes: () => undefined }, send: (message: Message) => void sent.push(message) };
  const answers = new Answers(transport as unknown as WorkerTransport, 2 ** 20, 0, false);
  answers.resume();
  return { answers, sent };
}

it('an answer has one measurement for each function, however many runs it has: its tasks are charged with that', () => {
  const { answers, sent } = answersOf();
  for (const id of [7, 8, 7]) {
    answers.measure(id);
    answers.number(1);
    answers.number(2);
    answers.endRun();
  }
  answers.flush();
  expect(sent).toEqual([[ANSWER, 6, [1, 2, 1, 2, 1, 2], undefined, [7, 4, expect.any(Number), 8, 2, expect.any(Number)], 0, 0]]);
});

it('results in memory leave before another outcome, and are counted once', () => {
  const { answers, sent } = answersOf();
  const memory = { results: new Float64Array([4, 5, 6, 7]), at: 1 };
  answers.measure(7);
  answers.storeIn(memory);
  memory.at = 2;
  answers.flush();
  memory.at = 4;
  answers.beforeTask(1);
  answers.value('text');
  answers.countRun();
  answers.endRun();
  answers.flush();
  expect(
    sent.map(([, count, values, , segments]) => [
      count,
      [...(values as ArrayLike<unknown> & Iterable<unknown>)],
      (segments as number[])[1],
    ]),
  ).toEqual([
    [1, [5], 1],
    [2, [6, 7], 2],
    [1, ['text'], 1],
  ]);
});
