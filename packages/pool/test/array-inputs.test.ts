/** Tests which arrays `imap` reads by index: those whose iteration has not been changed. */
import { ListReader } from '@twinpool/core/facade';
import { describe, expect, it, onTestFinished } from 'vitest';
import { iteratorOf } from '../src/input.ts';

describe('the iterator of an array', () => {
  it('is a list reader', () => {
    expect(iteratorOf([1, 2])).toBeInstanceOf(ListReader);
  });

  it('is its own where the array, its class or a Proxy iterates in another way', () => {
    class Reversed extends Array<number> {
      override *[Symbol.iterator](): ArrayIterator<number> {
        for (let i = this.length - 1; i >= 0; i--) yield this[i] as number;
      }
    }
    const asked: PropertyKey[] = [];
    const proxy = new Proxy([1, 2], {
      get: (target, key) => {
        asked.push(key);
        return Reflect.get(target, key);
      },
    });
    const own = Object.assign([1, 2], { [Symbol.iterator]: () => [7][Symbol.iterator]() });
    expect([iteratorOf(Reversed.of(1, 2, 3)).next().value, iteratorOf(own).next().value, iteratorOf(proxy).next().value]).toEqual([
      3, 7, 1,
    ]);
    expect(asked).toContain(Symbol.iterator);
    expect(iteratorOf(new Set([4])).next().value).toBe(4);
  });

  it('is its own after `next` of all array iterators was replaced', () => {
    const prototype = Object.getPrototypeOf([][Symbol.iterator]());
    const { next } = prototype;
    onTestFinished(() => {
      prototype.next = next;
    });
    prototype.next = function nextTwice(this: unknown) {
      next.call(this);
      return next.call(this);
    };
    const { value } = iteratorOf([1, 2]).next();
    prototype.next = next;
    expect(value).toBe(2);
  });
});
