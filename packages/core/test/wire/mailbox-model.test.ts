/**
 * Enumerates every order of the steps of a sender and a receiver of `wire/mailbox.ts` and `wire/frame-sender.ts`, as ARCHITECTURE.md (section 5) describes
 * them. A step is one system call.
 *
 *   a state = the two pages, the pipe, and where each side is --each step that may come next--> other states, until all are seen
 *
 * In each state: what was delivered is what was sent first, in order; if the sender dies now, all that it made visible arrives; if the sender is done
 * and the receiver waits, nothing is undelivered; if the receiver dies now, the sender knows whether the frame in the mailbox was begun. Each wrong order of
 * two steps must be found, or the model proves nothing.
 */
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

const MAIL = -1;
const NONE = -2;

/** What a wrong build would do. */
type Mistake =
  | 'the state is read before the number is written'
  | 'no look after AWAY was written'
  | 'no MAIL on the pipe for a receiver that is away'
  | 'no MAIL before a frame on the pipe'
  | 'a frame is put before the pipe was read'
  | 'a frame is put over one that was not taken'
  | 'a frame begins before it counts as taken';

interface Seen {
  taken: number;
  read: number;
  looks: boolean;
}

interface State extends Seen {
  // Shared: the page of the sender and, by extension, that of the receiver.
  number: number;
  frame: number;
  piped: number;
  pipe: number[];
  // The sender: its next step, its next message, frames on the pipe, and the page of the receiver as it saw it last.
  sender: string;
  next: number;
  sent: number;
  seen: Seen;
  // The receiver: its next step, frames read from the pipe, and the frame in its hand.
  receiver: string;
  got: number;
  hand: number;
  delivered: number[];
}

const START: State = {
  taken: 0,
  read: 0,
  looks: false,
  number: 0,
  frame: NONE,
  piped: 0,
  pipe: [],
  sender: 'begin',
  next: 0,
  sent: 0,
  seen: { taken: 0, read: 0, looks: false },
  receiver: 'idle',
  got: 0,
  hand: NONE,
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
    const known = new Set([JSON.stringify(START)]);
    const open: State[] = [START];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      this.#judge(state);
      for (const step of [...this.#sender(state), ...this.#receiver(state)]) {
        const key = JSON.stringify(step);
        if (known.has(key)) continue;
        known.add(key);
        open.push(step);
      }
    }
    return known.size;
  }

  #judge(state: State): void {
    const { delivered, number, taken, frame, pipe, hand } = state;
    if (delivered.some((message, i) => message !== i)) throw new Error(`delivered ${delivered}: ${JSON.stringify(state)}`);
    const waits = state.receiver === 'blocked' && pipe.length === 0;
    if (state.sender === 'done' && waits && delivered.length < this.#isShort.length)
      throw new Error(`a wake-up is lost: ${JSON.stringify(state)}`);
    const visible = [...delivered, ...toEnd(state)];
    if (visible.some((message, i) => message !== i)) throw new Error(`a death delivers ${visible}: ${JSON.stringify(state)}`);
    if (taken !== number && hand !== frame && delivered.includes(frame))
      throw new Error(`a begun frame counts as untaken: ${JSON.stringify(state)}`);
  }

  #is(mistake: Mistake): boolean {
    return this.#mistake === mistake;
  }

  *#sender(s: State): Generator<State> {
    const go = (change: Partial<State>): State => ({ ...s, ...change });
    const seen = { taken: s.taken, read: s.read, looks: s.looks };
    switch (s.sender) {
      case 'begin':
        if (s.next === this.#isShort.length) yield go({ sender: 'done' });
        else if (!this.#isShort[s.next]) yield go({ sender: 'pipe' });
        else yield go({ sender: this.#isReady(s, s.seen) ? 'put' : 'load' });
        break;
      case 'load':
        yield go({ seen, sender: this.#isReady(s, seen) ? 'put' : 'pipe' });
        break;
      case 'put':
        if (this.#is('the state is read before the number is written')) yield go({ seen, sender: 'put late' });
        else yield go({ number: s.number + 1, frame: s.next, sender: 'see' });
        break;
      case 'put late':
        yield this.#judged(go({ number: s.number + 1, frame: s.next }), s.seen);
        break;
      case 'see':
        yield this.#judged(go({ seen }), seen);
        break;
      case 'wake':
        yield go({ pipe: [...s.pipe, MAIL], sent: s.sent + 1, sender: 'begin', next: s.next + 1 });
        break;
      case 'pipe':
        if (s.seen.taken !== s.number && !this.#is('no MAIL before a frame on the pipe'))
          yield go({ pipe: [...s.pipe, MAIL], sent: s.sent + 1, sender: 'write' });
        else yield go({ sender: 'write' });
        break;
      case 'write':
        yield go({ pipe: [...s.pipe, s.next], sent: s.sent + 1, sender: 'tell' });
        break;
      case 'tell':
        yield go({ piped: s.sent, sender: 'begin', next: s.next + 1 });
        // A sender that expects no look tells nothing.
        yield go({ sender: 'begin', next: s.next + 1 });
        break;
      default:
    }
  }

  #isReady({ number, sent }: State, seen: Seen): boolean {
    const isTaken = seen.taken === number || this.#is('a frame is put over one that was not taken');
    return seen.looks && isTaken && (seen.read === sent || this.#is('a frame is put before the pipe was read'));
  }

  /** After a frame was put: is its receiver to be woken? */
  #judged(s: State, seen: Seen): State {
    const mustWake = !seen.looks && seen.taken !== s.number && !this.#is('no MAIL on the pipe for a receiver that is away');
    return mustWake ? { ...s, sender: 'wake' } : { ...s, sender: 'begin', next: s.next + 1 };
  }

  *#receiver(s: State): Generator<State> {
    const go = (change: Partial<State>): State => ({ ...s, ...change });
    const hasMail = s.number === s.taken + 1;
    switch (s.receiver) {
      case 'idle':
        yield go({ looks: true, read: s.got, receiver: 'look' });
        yield go({ receiver: 'leave' });
        break;
      case 'look':
        if (hasMail) yield go({ hand: s.frame, receiver: 'take' });
        else if (s.piped > s.got) yield go({ receiver: 'blocked' });
        else yield go({ receiver: 'leave' });
        // It looks again: the state is the same.
        break;
      case 'leave':
        // It was away since it looked last: what was put since then is announced on the pipe.
        if (!s.looks) yield go({ receiver: 'blocked' });
        else
          yield go({
            looks: false,
            read: s.got,
            receiver: this.#is('no look after AWAY was written') ? 'blocked' : 'once more',
          });
        break;
      case 'once more':
        if (hasMail) yield go({ hand: s.frame, receiver: 'take' });
        else yield go({ receiver: 'blocked' });
        break;
      case 'take':
        if (this.#is('a frame begins before it counts as taken'))
          yield go({ delivered: [...s.delivered, s.hand], hand: NONE, receiver: 'acknowledge late' });
        else yield go({ taken: s.number, receiver: 'begin' });
        break;
      case 'begin':
        yield go({ delivered: [...s.delivered, s.hand], hand: NONE, receiver: 'idle' });
        break;
      case 'acknowledge late':
        yield go({ taken: s.number, receiver: 'idle' });
        break;
      case 'blocked': {
        const [frame, ...pipe] = s.pipe;
        if (frame === undefined) break;
        if (frame === MAIL) yield go({ pipe, got: s.got + 1, receiver: 'mail' });
        else {
          const read = go({ pipe, got: s.got + 1, delivered: [...s.delivered, frame] });
          // It may have read several frames at once.
          yield { ...read, receiver: 'idle' };
          if (pipe.length > 0) yield { ...read, receiver: 'blocked' };
        }
        break;
      }
      case 'mail':
        if (hasMail) yield go({ hand: s.frame, receiver: 'take' });
        else yield go({ receiver: s.pipe.length > 0 ? 'blocked' : 'idle' });
        break;
      default:
    }
  }
}

/** What the receiver would read if the sender died now: the frame in its hand, the pipe, and then the mailbox. */
function toEnd({ hand, pipe, number, taken, frame, receiver }: State): number[] {
  const read: number[] = [];
  let rest = hand !== frame && number === taken + 1 && receiver !== 'acknowledge late' ? frame : NONE;
  const takeMail = (): void => {
    if (rest !== NONE) read.push(rest);
    rest = NONE;
  };
  if (hand !== NONE) read.push(hand);
  for (const message of pipe) {
    if (message === MAIL) takeMail();
    else read.push(message);
  }
  takeMail();
  return read;
}

const MESSAGES = 4;
const PATTERNS = Array.from({ length: 2 ** MESSAGES }, (_, bits) => Array.from({ length: MESSAGES }, (_, i) => ((bits >> i) & 1) === 1));
const MISTAKES: readonly Mistake[] = [
  'the state is read before the number is written',
  'no look after AWAY was written',
  'no MAIL on the pipe for a receiver that is away',
  'no MAIL before a frame on the pipe',
  'a frame is put before the pipe was read',
  'a frame is put over one that was not taken',
  'a frame begins before it counts as taken',
];

describe('every order of the steps of a sender and a receiver', () => {
  it.each(PATTERNS.map((isShort) => [isShort.map((short) => (short ? 'short' : 'long')).join(), isShort] as const))(
    'delivers four frames in order and loses no wake-up: %s',
    (_, isShort) => {
      expect(new Model(isShort, undefined).run()).toBeGreaterThan(50);
    },
  );

  it.each(MISTAKES)('finds that it is wrong if %s', (mistake) => {
    const found = PATTERNS.some((isShort) => {
      try {
        new Model(isShort, mistake).run();
        return false;
      } catch {
        return true;
      }
    });
    expect(found).toBe(true);
  });
});
