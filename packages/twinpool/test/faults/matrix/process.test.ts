/** The crash matrix of worker processes: a sample; all of it with MATRIX=all (`npm run matrix`). */
import { afterAll, describe, it } from 'vitest';
import { cellsOf, titleOf } from './cells.ts';
import { Faces, play } from './play.ts';

const cells = cellsOf('process', process.env['MATRIX'] === 'all');

describe('worker processes survive, or are replaced, and the next task works', () => {
  const faces = new Faces();
  afterAll(() => faces.end());

  it.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (_title, cell) => play(cell, faces));
});
