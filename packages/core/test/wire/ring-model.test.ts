/**
 * Enumerates every order of the atomic steps of a sender and a receiver of `wire/ring-port.ts`, as ARCHITECTURE.md (section 4) describes them.
 *
 *   a state = the shared cells, the ring, the port, and where each side is --each step that may come next--> other states, until all are seen
 *
 * In each state: what was delivered is what was sent first, in order; if the sender dies now, all that it made visible arrives; if the sender is done
 * and the receiver waits, nothing is undelivered. Each wrong order of two steps must be found, or the model proves nothing.
 */
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const IN_LOOP = 0;
const ATTENTIVE = 1;
const ASLEEP = 2;
const WAKE_UP = -1;
/** Words of the ring. Messages wrap around it. */
const RING = 4;
/** What a word would say as a header. A record of one word has its message there, one of two words in the other, which looks like a header too. */
type Word = [posted: number, length: number, message: number];
const lengthOf = (message: number): number => 1 + (message % 2);

/** What a wrong build would do. */
type Mistake =
  | 'a record is shown before it is written'
  | 'the next header is cleared after a record was shown'
  | 'the next header is not cleared'
  | 'the state is read before the record is shown'
  | 'TAKEN is counted after the last look'
  | 'no look after IN_LOOP was stored'
  | 'WAKE is read after the look'
  | 'no look at the ring after ASLEEP was stored'
  | 'WAKE is not raised for a sleeper'
  | 'no look at the ring before a message of the port'
  | 'no WAKE_UP';

interface State {
  // Shared.
  head: number;
  tail: number;
  posted: number;
  taken: number;
  state: number;
  wake: number;
  ring: (Word | null)[];
  port: number[];
  isNotified: boolean;
  // The sender: its next step, its next message, and the state that it read too early.
  sender: string;
  next: number;
  early: number;
  // The receiver: its next step, where it returns after a reading, and what it knows.
  receiver: string;
  back: string;
  at: number;
  has: number;
  seen: number;
  hand: number;
  isAny: boolean;
  isHeld: boolean;
  delivered: number[];
}

const START: State = {
  head: 0,
  tail: 0,
  posted: 0,
  taken: 0,
  state: IN_LOOP,
  wake: 0,
  ring: [null, null, null, null],
  port: [],
  isNotified: false,
  sender: 'begin',
  next: 0,
  early: -1,
  receiver: 'loop',
  back: '',
  at: 0,
  has: 0,
  seen: 0,
  hand: -2,
  isAny: false,
  isHeld: false,
  delivered: [],
};

class Model {
  readonly #isShort: readonly boolean[];
  readonly #mistake: Mistake | undefined;

  constructor(isShort: readonly boolean[], mistake: Mistake | undefined) {
    this.#isShort = isShort;
    this.#mistake = mistake;
  }

  /** Returns the number of states. Throws at the first that breaks a promise. */
  run(): number {
    const seen = new Set([JSON.stringify(START)]);
    const open: State[] = [START];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      this.#judge(state);
      for (const step of [...this.#sender(state), ...this.#receiver(state)]) {
        const key = JSON.stringify(step);
        if (seen.has(key)) continue;
        seen.add(key);
        open.push(step);
      }
    }
    return seen.size;
  }

  #judge(state: State): void {
    const { delivered } = state;
    if (delivered.some((message, i) => message !== i)) throw new Error(`delivered ${delivered}: ${JSON.stringify(state)}`);
    if (state.receiver === 'broken' || state.taken > state.posted)
      throw new Error(`a correct ring counts as broken: ${JSON.stringify(state)}`);
    const waits = (state.receiver === 'loop' && state.port.length === 0) || (state.receiver === 'asleep' && !state.isNotified);
    if (state.sender === 'done' && waits && delivered.length < this.#isShort.length)
      throw new Error(`a wake-up is lost: ${JSON.stringify(state)}`);
    const isVisible = !['begin', 'write', 'clear', 'early', 'show', 'port', 'post', 'done'].includes(state.sender);
    const visible = [...delivered, ...toEnd(state)];
    if (visible.length !== state.next + (isVisible ? 1 : 0) || visible.some((message, i) => message !== i))
      throw new Error(`a death delivers ${visible}: ${JSON.stringify(state)}`);
  }

  #is(mistake: Mistake): boolean {
    return this.#mistake === mistake;
  }

  *#sender(s: State): Generator<State> {
    const go = (change: Partial<State>): State => ({ ...s, ...change });
    switch (s.sender) {
      case 'begin':
        if (s.next === this.#isShort.length) yield go({ sender: 'done' });
        else if (!this.#isShort[s.next] || s.head - s.tail + lengthOf(s.next) >= RING) yield go({ sender: 'port' });
        else yield go({ sender: this.#is('a record is shown before it is written') ? 'show' : 'write' });
        break;
      case 'write': {
        const isLate = this.#is('a record is shown before it is written');
        const ring = [...s.ring];
        const length = lengthOf(s.next);
        if (length === 2) ring[((isLate ? s.head - length : s.head) + 1) % RING] = [0, 1, s.next];
        yield go({ ring, sender: isLate ? 'state' : this.#afterWrite() });
        break;
      }
      case 'clear': {
        const isLate = this.#is('the next header is cleared after a record was shown');
        const ring = [...s.ring];
        ring[(isLate ? s.head : s.head + lengthOf(s.next)) % RING] = null;
        yield go({ ring, sender: isLate ? 'state' : this.#is('the state is read before the record is shown') ? 'early' : 'show' });
        break;
      }
      case 'early':
        yield go({ early: s.state, sender: 'show' });
        break;
      case 'show': {
        const ring = [...s.ring];
        const length = lengthOf(s.next);
        ring[s.head % RING] = [s.posted, length, length === 1 ? s.next : -3];
        yield go({ ring, head: s.head + length, sender: this.#afterShow() });
        break;
      }
      case 'state': {
        const state = s.early >= 0 ? s.early : s.state;
        const done = { sender: 'begin', next: s.next + 1, early: -1 };
        if (state === ATTENTIVE) yield go(done);
        else if (state === ASLEEP)
          yield go({ sender: this.#is('WAKE is not raised for a sleeper') ? 'state port' : 'wake port', early: -1 });
        else yield go({ sender: 'is woken', early: -1 });
        break;
      }
      case 'is woken':
        if (s.taken === s.posted && !this.#is('no WAKE_UP')) yield go({ sender: 'wake up' });
        else yield go({ sender: 'begin', next: s.next + 1 });
        break;
      case 'wake up':
        yield go({ posted: s.posted + 1, sender: 'post wake up' });
        break;
      case 'post wake up':
        yield go({ port: [...s.port, WAKE_UP], sender: 'wake port' });
        break;
      case 'port':
        yield go({ posted: s.posted + 1, sender: 'post' });
        break;
      case 'post':
        yield go({ port: [...s.port, s.next], sender: 'wake port' });
        break;
      case 'wake port':
        yield go({ wake: s.wake + 1, sender: 'state port' });
        break;
      case 'state port':
        yield go({ sender: 'begin', next: s.next + 1, isNotified: s.isNotified || (s.state === ASLEEP && s.receiver === 'asleep') });
        break;
      default:
    }
  }

  #afterWrite(): string {
    return this.#is('the next header is not cleared') || this.#is('the next header is cleared after a record was shown') ? 'show' : 'clear';
  }

  #afterShow(): string {
    if (this.#is('a record is shown before it is written')) return 'write';
    return this.#is('the next header is cleared after a record was shown') ? 'clear' : 'state';
  }

  *#receiver(s: State): Generator<State> {
    const go = (change: Partial<State>): State => ({ ...s, ...change });
    switch (s.receiver) {
      case 'loop':
        if (s.port.length > 0) yield go({ receiver: 'before', hand: s.port[0] as number, port: s.port.slice(1), back: 'event' });
        // Its program has other work, and then waits in another way.
        yield go({ receiver: 'attend' });
        break;
      case 'attend':
        yield go({ state: ATTENTIVE, receiver: 'see' });
        break;
      case 'see':
        if (this.#is('WAKE is read after the look')) yield go({ receiver: 'open', back: 'wait', isAny: false });
        else yield go({ seen: s.wake, receiver: 'open', back: 'wait', isAny: false });
        break;
      case 'open':
        yield* this.#open(s, 'read', 'more');
        break;
      case 'read':
        yield* this.#deliver(s, 'open');
        break;
      case 'more':
        if (s.isHeld || s.posted > s.taken) yield go({ receiver: 'take' });
        else yield go({ receiver: s.back });
        break;
      case 'take':
        if (s.port.length === 0) yield go({ receiver: s.isHeld ? 'broken' : s.back });
        else yield go({ receiver: 'before', hand: s.port[0] as number, port: s.port.slice(1) });
        break;
      case 'before':
        if (this.#is('no look at the ring before a message of the port')) yield go({ receiver: 'count' });
        else yield* this.#open(s, 'read before', 'count');
        break;
      case 'read before':
        yield* this.#deliver(s, 'before');
        break;
      case 'count': {
        const delivered = s.hand === WAKE_UP ? s.delivered : [...s.delivered, s.hand];
        if (this.#is('TAKEN is counted after the last look')) {
          // As if the count followed the reading: here, it never does while anything comes.
          yield go({ delivered, isAny: true, hand: -2, receiver: 'open late' });
        } else yield go({ taken: s.taken + 1, delivered, isAny: true, hand: -2, receiver: 'open' });
        break;
      }
      case 'open late':
        yield* this.#open(go({ taken: s.taken + 1 }), 'read late', 'count late').map((state) => ({ ...state, taken: s.taken }));
        break;
      case 'read late':
        yield* this.#deliver(s, 'open late');
        break;
      case 'count late':
        yield go({ taken: s.taken + 1, receiver: s.back });
        break;
      case 'event':
        yield go({ receiver: 'attend', isAny: false });
        yield go({ receiver: 'loop', isAny: false });
        break;
      case 'wait':
        if (s.isAny) yield go({ receiver: 'see' });
        else yield go({ receiver: 'sleep', seen: this.#is('WAKE is read after the look') ? s.wake : s.seen });
        yield go({ receiver: 'enter' });
        break;
      case 'sleep':
        yield go({ state: ASLEEP, receiver: this.#is('no look at the ring after ASLEEP was stored') ? 'compare' : 'look' });
        break;
      case 'look':
        yield go({ receiver: s.ring[s.at % RING] === null ? 'compare' : 'attend' });
        break;
      case 'compare':
        if (s.wake === s.seen) yield go({ receiver: 'asleep', isNotified: false });
        else yield go({ receiver: 'attend' });
        break;
      case 'asleep':
        if (s.isNotified) yield go({ receiver: 'attend', isNotified: false });
        break;
      case 'enter':
        if (this.#is('no look after IN_LOOP was stored')) yield go({ state: IN_LOOP, receiver: 'loop', isAny: false });
        else yield go({ state: IN_LOOP, receiver: 'open', back: 'event', isAny: false });
        break;
      default:
    }
  }

  /** Opens a record, unless it follows a message of the port. */
  #open(s: State, found: string, none: string): State[] {
    const header = s.ring[s.at % RING] as Word | null;
    const isNext = header !== null && header[0] <= s.taken;
    return [{ ...s, receiver: isNext ? found : none, isHeld: header !== null && !isNext }];
  }

  /** The reader may tell its writer later that it may write there again. */
  *#deliver(s: State, then: string): Generator<State> {
    const [, length] = s.ring[s.at % RING] as Word;
    const ring = [...s.ring];
    ring[s.at % RING] = null;
    const at = s.at + length;
    const delivered = { ...s, ring, delivered: [...s.delivered, messageAt(s.ring, s.at)], at, isAny: true, receiver: then };
    yield { ...delivered, tail: at };
    yield delivered;
  }
}

function messageAt(ring: readonly (Word | null)[], at: number): number {
  const [, length, message] = ring[at % RING] as Word;
  return length === 1 ? message : (ring[(at + 1) % RING]?.[2] ?? -4);
}

/** What the receiver would read if the sender died now: the message in its hand, the ring and the port. */
function toEnd({ at, ring, port, hand, taken }: State): number[] {
  const read: number[] = [];
  const left = [...ring];
  let next = at;
  let count = taken;
  const records = (): void => {
    for (let header = left[next % RING]; header !== null && header !== undefined && header[0] <= count; header = left[next % RING]) {
      read.push(messageAt(left, next));
      left[next % RING] = null;
      next += header[1];
    }
  };
  for (const message of hand === -2 ? port : [hand, ...port]) {
    records();
    count += 1;
    if (message !== WAKE_UP) read.push(message);
  }
  records();
  return read;
}

const MESSAGES = 4;
const PATTERNS = Array.from({ length: 2 ** MESSAGES }, (_, bits) => Array.from({ length: MESSAGES }, (_, i) => ((bits >> i) & 1) === 1));
const MISTAKES: readonly Mistake[] = [
  'a record is shown before it is written',
  'the next header is cleared after a record was shown',
  'the next header is not cleared',
  'the state is read before the record is shown',
  'TAKEN is counted after the last look',
  'no look after IN_LOOP was stored',
  'WAKE is read after the look',
  'no look at the ring after ASLEEP was stored',
  'WAKE is not raised for a sleeper',
  'no look at the ring before a message of the port',
  'no WAKE_UP',
];

describe('every order of the steps of a sender and a receiver', () => {
  it.each(PATTERNS)('delivers each message once, in order, and loses no wake-up: ring %s, %s, %s, %s', (...isShort) => {
    expect(new Model(isShort, undefined).run()).toBeGreaterThan(1000);
  });

  it.each(MISTAKES)('would not if %s', (mistake) => {
    const run = (): void => {
      for (const isShort of PATTERNS) new Model(isShort, mistake).run();
    };
    expect(run).toThrow();
  });
});
