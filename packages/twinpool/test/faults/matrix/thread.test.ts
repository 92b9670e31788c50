/** The crash matrix of worker threads: a sample, or all cells with MATRIX=all (`npm run test:all`). */
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { afterAll } from 'vitest';
import { cellsOf, titleOf } from './cells.ts';
import { Faces, play } from './play.ts';

const cells = cellsOf('thread', isWhole);

describe('worker threads survive, or are replaced, and the next task works', () => {
  const faces = new Faces();
  afterAll(() => faces.end());

  it.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (_title, cell) => play(cell, faces));
});
