/** The crash matrix of worker processes: a sample, or all cells with MATRIX=all (`npm run test:all`). */
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { afterAll, expect } from 'vitest';
import { allCells, cellsOf, FAULTS, PHASES, reasons, titleOf } from './cells.ts';
import { Faces, play } from './play.ts';

const cells = cellsOf('process', isWhole);

describe('worker processes survive, or are replaced, and the next task works', () => {
  const faces = new Faces();
  afterAll(() => faces.end());

  it.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (_title, cell) => play(cell, faces));
});

describe('the matrix', () => {
  it('has every cell, or says why it cannot be', () => {
    const possible = new Set(
      allCells().flatMap((cells) => cells.map(({ fault, phase, name }) => `${fault} ${phase} ${name.startsWith('Thread')}`)),
    );
    expect(possible.size + reasons().length).toBe(FAULTS.length * PHASES.length * 2);
    for (const { why } of reasons()) expect(why.length).toBeGreaterThan(20);
  });
});
