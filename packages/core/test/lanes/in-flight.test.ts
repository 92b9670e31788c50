/** Tests the account of what one worker has, against a plain list of tasks. The simulation tests it together with lanes and scheduler. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallSettings, Chunk, Ending } from '../../src/jobs/job.ts';
import { Job } from '../../src/jobs/job.ts';
import { ListChunk } from '../../src/jobs/list-chunk.ts';
import { halves, InFlight, Placeholder } from '../../src/lanes/in-flight.ts';
import { fnOf, ownerOf } from './kit.ts';

const settings: CallSettings = { priority: 0, taskTimeout: Number.POSITIVE_INFINITY, retries: 0, signal: undefined, onReport: undefined };

class AnyJob extends Job {
  constructor(id = 1) {
    super(fnOf(`fn ${id}`, id), settings);
    this.accept(ownerOf(), 3);
  }
  get waiting(): number {
    return 0;
  }
  claim(): undefined {
    return undefined;
  }
  giveBack(): void {}
  settle(): void {}
  end(_error: unknown, _how: Ending): void {}
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const all = upTo(1000);

function chunkOf(job: Job, base: number, count: number, charge = 1): Chunk {
  const chunk = new ListChunk(job, base, count, all, base, false);
  chunk.charge = charge;
  return chunk;
}

/** Each task as `fn/index`, and `-` for one that was replaced. */
const named = (chunks: readonly Chunk[]): string[] =>
  chunks.flatMap((chunk) => (chunk instanceof Placeholder ? ['-'] : upTo(chunk.count).map((i) => `${chunk.job.fn.id}/${chunk.base + i}`)));

/** What is unanswered, by the fields of the account alone. */
function unanswered({ messages }: InFlight): string[] {
  return messages.flatMap(({ chunks, chunkAt, offset }) => named(chunks.slice(chunkAt) as Chunk[]).slice(offset));
}

interface Model {
  /** Messages of names; of each its tasks, of which `total` are not taken back. */
  messages: { tasks: string[]; total: number; sequence: number; moved: boolean }[];
}

describe('what was handed to a worker', () => {
  it('is answered in order, taken back from its end, and sorted out at its start, as a plain list is', () => {
    const deed = fc.record({
      what: fc.constantFrom('add', 'add', 'advance', 'advance', 'takeBack', 'replaceFront', 'removeLast', 'sortOut'),
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      count: fc.nat(12),
      moved: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
        const inFlight = new InFlight();
        const model: Model = { messages: [] };
        let made = 0;
        for (const { what, sizes, count, moved } of deeds) {
          const [first] = model.messages;
          if (what === 'add' || what === 'removeLast') {
            const chunks = sizes.map((size, at) => chunkOf(new AnyJob(at + 1), 10 * made++, size));
            const tasks = named(chunks);
            inFlight.add(made, chunks, [...sizes], tasks.length, moved);
            if (what === 'removeLast') inFlight.removeLast();
            else model.messages.push({ tasks, total: tasks.length, sequence: made, moved });
          } else if (what === 'advance' && first !== undefined) {
            const most = Math.min(inFlight.frontLeft, 1 + (count % 3));
            inFlight.advance(most);
            first.tasks.splice(0, most);
          } else if (what === 'takeBack') {
            // A worker gives back what it has not begun: of the first message all but its front task.
            const retract = (sent: { left: number; sequence: number }, most: number) =>
              Math.min(most, sent.sequence === first?.sequence ? sent.left - 1 : sent.left);
            const back = inFlight.takeBack(count, retract);
            const wanted: string[] = [];
            for (let at = model.messages.length - 1; at >= 0; at--) {
              const message = model.messages[at] as Model['messages'][number];
              if (message.moved) continue;
              const most = Math.min(count - wanted.length, message === first ? message.tasks.length - 1 : message.tasks.length);
              wanted.push(...message.tasks.splice(message.tasks.length - most, most));
              message.total -= most;
            }
            expect(named(back).toSorted()).toEqual(wanted.toSorted());
          } else if (what === 'replaceFront' && first !== undefined) {
            inFlight.replaceFront();
            first.tasks[0] = '-';
          } else if (what === 'sortOut') {
            const { started, unstarted } = inFlight.sortOut(count);
            let left = count;
            const [ofStarted, ofUnstarted]: [string[], string[]] = [[], []];
            for (const message of model.messages) {
              const here = Math.min(left, message.tasks.length);
              left -= here;
              ofStarted.push(...message.tasks.slice(0, here));
              (message.moved ? ofStarted : ofUnstarted).push(...message.tasks.slice(here));
            }
            expect([named(started).toSorted(), named(unstarted)]).toEqual([ofStarted.toSorted(), ofUnstarted]);
            model.messages = [];
          }
          model.messages = model.messages.filter(({ tasks }) => tasks.length > 0);
          agree(inFlight, model);
        }
      }),
    );
  });

  function agree(inFlight: InFlight, { messages }: Model): void {
    const tasks = messages.flatMap((message) => message.tasks);
    expect(unanswered(inFlight)).toEqual(tasks);
    expect(inFlight.tasks).toBe(tasks.length);
    expect(inFlight.load).toBe(tasks.filter((task) => task !== '-').length);
    expect(inFlight.messages.map(({ sequence, left, total, moved }) => ({ sequence, left, total, moved }))).toEqual(
      messages.map(({ sequence, tasks, total, moved }) => ({ sequence, left: tasks.length, total, moved })),
    );
    for (const { chunks, expectations } of inFlight.messages) expect(expectations).toHaveLength(chunks.length);
    const [first] = messages;
    expect(inFlight.position).toBe(first === undefined ? '' : `${first.sequence}/${first.tasks.length}`);
    const { front } = inFlight;
    expect(front === undefined).toBe(first === undefined);
    if (first === undefined || front === undefined) return;
    expect([inFlight.frontSequence, inFlight.frontPlace]).toEqual([first.sequence, first.total - first.tasks.length]);
    if (front instanceof Placeholder) expect(first.tasks[0]).toBe('-');
    else expect(`${front.job.fn.id}/${inFlight.frontIndex}`).toBe(first.tasks[0]);
    expect(inFlight.frontLeft).toBe(front.base + front.count - inFlight.frontIndex);
    expect(named(inFlight.chunks).slice(inFlight.messages[0]?.offset)).toEqual(tasks);
    expect(inFlight.last).toBe(inFlight.messages.at(-1)?.chunks.at(-1));
  }

  it('holds no arguments of what is answered', () => {
    const inFlight = new InFlight();
    inFlight.add(1, [chunkOf(new AnyJob(), 0, 2), chunkOf(new AnyJob(), 5, 2)], [0, 0], 4, false);
    inFlight.advance(1);
    expect(inFlight.messages[0]?.chunks[0]).toBeDefined();
    inFlight.advance(1);
    expect(inFlight.messages[0]?.chunks[0]).toBeUndefined();
    expect([inFlight.frontIndex, inFlight.frontLeft]).toEqual([5, 2]);
  });

  it('knows the functions of its unanswered tasks', () => {
    const inFlight = new InFlight();
    const jobs = [1, 2, 3].map((id) => new AnyJob(id));
    inFlight.add(1, [chunkOf(jobs[0] as Job, 0, 1), chunkOf(jobs[1] as Job, 0, 1)], [0, 0], 2, false);
    inFlight.add(2, [chunkOf(jobs[2] as Job, 0, 1)], [0], 1, false);
    expect([1, 2, 3, 4].map((id) => inFlight.functionOf(id)?.name)).toEqual(['fn 1', 'fn 2', 'fn 3', undefined]);
    inFlight.advance(1);
    expect([1, 2, 3].map((id) => inFlight.functionOf(id)?.name)).toEqual([undefined, 'fn 2', 'fn 3']);
  });

  it('is charged by its tasks, until they are answered, taken back or replaced', () => {
    const inFlight = new InFlight();
    inFlight.add(1, [chunkOf(new AnyJob(), 0, 4, 10), chunkOf(new AnyJob(), 0, 2, 7)], [0, 0], 6, false);
    expect(inFlight.load).toBe(54);
    inFlight.advance(1);
    expect(inFlight.load).toBe(44);
    inFlight.takeBack(1, (_sent, most) => most);
    expect(inFlight.load).toBe(37);
    inFlight.replaceFront();
    expect(inFlight.load).toBe(27);
    inFlight.sortOut(0);
    expect(inFlight.load).toBe(0);
  });

  it('is given back from its last task on, no more than was asked for, and nothing that was moved', () => {
    const inFlight = new InFlight();
    const asked: [number, number][] = [];
    inFlight.add(1, [chunkOf(new AnyJob(1), 0, 3)], [0], 3, false);
    inFlight.add(2, [chunkOf(new AnyJob(2), 0, 3)], [0], 3, true);
    inFlight.add(3, [chunkOf(new AnyJob(3), 0, 3)], [0], 3, false);
    const back = inFlight.takeBack(4, (sent, most) => {
      asked.push([sent.sequence, most]);
      return Math.min(sent.left, most);
    });
    expect(asked).toEqual([
      [3, 4],
      [1, 1],
    ]);
    expect(named(back)).toEqual(['3/0', '3/1', '3/2', '1/2']);
    expect(unanswered(inFlight)).toEqual(['1/0', '1/1', '2/0', '2/1', '2/2']);
    expect(inFlight.takeBack(0, () => expect.unreachable())).toEqual([]);
  });
});

describe('a task of the last message that is replaced', () => {
  it.each([
    [0, ['-', '1/1', '1/2']],
    [1, ['1/0', '-', '1/2']],
    [2, ['1/0', '1/1', '-']],
  ])('at %i of three', (offset, wanted) => {
    const inFlight = new InFlight();
    const [before, chunk, behind] = [chunkOf(new AnyJob(7), 0, 1, 5), chunkOf(new AnyJob(1), 0, 3, 5), chunkOf(new AnyJob(8), 0, 1, 5)];
    inFlight.add(1, [before, chunk, behind] as Chunk[], [1, 2, 3], 5, false);
    inFlight.replaceInLast(chunk as Chunk, offset);
    expect(unanswered(inFlight)).toEqual(['7/0', ...wanted, '8/0']);
    expect([inFlight.tasks, inFlight.load]).toEqual([5, 20]);
    const pieces = inFlight.messages[0]?.chunks.length as number;
    expect(inFlight.messages[0]?.expectations).toEqual([1, ...Array(pieces - 2).fill(2), 3]);
  });
});

describe('a placeholder', () => {
  it('is one task, over from the start, of the owner and with the place of what it replaces', () => {
    const job = new AnyJob(4);
    const placeholder = new Placeholder(chunkOf(job, 5, 3));
    expect([placeholder.isOver, placeholder.count, placeholder.base, placeholder.charge]).toEqual([true, 1, 0, 0]);
    expect([placeholder.waiting, placeholder.claim(), placeholder.at(), placeholder.spread]).toEqual([0, undefined, undefined, false]);
    expect([placeholder.fn, placeholder.owner, placeholder.order]).toEqual([job.fn, job.owner, job.order]);
    expect([placeholder.job, placeholder.splitTail()]).toEqual([placeholder, placeholder]);
  });
});

describe('halves', () => {
  it.each([
    [[4], 4, ['1/0', '1/1'], ['1/2', '1/3']],
    [[3], 3, ['1/0'], ['1/1', '1/2']],
    [[1, 1], 2, ['1/0'], ['2/0']],
    [[3, 1], 4, ['1/0', '1/1'], ['1/2', '2/0']],
    [[1, 4], 5, ['1/0', '2/0'], ['2/1', '2/2', '2/3']],
    [[1], 1, [], ['1/0']],
  ])('of %j', (sizes, count, first, second) => {
    const chunks = sizes.map((size, at) => chunkOf(new AnyJob(at + 1), 0, size));
    expect(halves(chunks, count).map(named)).toEqual([first, second]);
  });
});
