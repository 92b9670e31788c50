// Tests the lookup of a function among the exports of a module by identity, without running code of the module.
import { describe, expect, test } from 'vitest';
import { findExportInCommonJs, findExportInNamespace } from '../../src/tasks/discovery/find-export.ts';

function square(x: number): number {
  return x * x;
}

describe('findExportInNamespace', () => {
  test.each([
    [{ square }, { exportName: 'square' }],
    [{ alias: square, square }, { exportName: 'square' }],
    [{ default: square, zebra: square }, { exportName: 'zebra' }],
    [{ default: square }, { exportName: 'default' }],
    [{ Shape: Object.assign(class {}, { square }) }, { exportName: 'Shape', member: 'square' }],
    [{ table: { square } }, { exportName: 'table', member: 'square' }],
    [{ table: { row: square } }, undefined],
    // biome-ignore lint/suspicious/noThenProperty: the test checks that it is not a task
    [{ then: square }, undefined],
    [{ other: () => 1, nothing: null, list: [square] }, undefined],
  ])('%o', (namespace, found) => {
    expect(findExportInNamespace(namespace, square)).toEqual(found);
  });
});

describe('findExportInCommonJs', () => {
  test('finds the whole module, its properties, its methods', () => {
    expect(findExportInCommonJs(square, square)).toEqual({ exportName: 'module.exports' });
    expect(findExportInCommonJs({ a: square }, square)).toEqual({ exportName: 'a' });
    expect(findExportInCommonJs({ Shape: Object.assign(class {}, { square }) }, square)).toEqual({ exportName: 'Shape', member: 'square' });
    expect(findExportInCommonJs(null, square)).toBeUndefined();
  });

  test('calls a getter only if it has the name of the function or a compiler made it', () => {
    let ran = 0;
    const get = (): unknown => {
      ran++;
      return square;
    };
    const lazy = Object.defineProperty({}, 'other', { enumerable: true, get });
    expect(findExportInCommonJs(lazy, square)).toBeUndefined();
    expect(ran).toBe(0);
    const own = Object.defineProperty({}, 'square', { enumerable: true, get: () => square });
    expect(findExportInCommonJs(own, square)).toEqual({ exportName: 'square' });
    Object.defineProperty(lazy, '__esModule', { value: true });
    expect(findExportInCommonJs(lazy, square)).toEqual({ exportName: 'other' });
    const failing = { __esModule: true, square };
    Object.defineProperty(failing, 'broken', { enumerable: true, get: () => failing.toString.call(null) + missing() });
    expect(findExportInCommonJs(failing, square)).toEqual({ exportName: 'square' });
  });

  test('does not read proxies', () => {
    const trap = (): never => {
      throw new Error('touched');
    };
    const proxy = new Proxy({ square }, { ownKeys: trap, get: trap, getOwnPropertyDescriptor: trap });
    expect(findExportInCommonJs(proxy, square)).toBeUndefined();
    expect(findExportInNamespace({ proxy }, square)).toBeUndefined();
  });
});

function missing(): never {
  throw new Error('missing');
}
