/**
 * A function that is being looked for, with what the inspector says of it.
 *
 * Decides how it is called in messages and which function's text stands for a checked task. Refuses to know how it is found.
 */
import { type CheckedParts, checkedParts } from '../definition/checked-task.ts';
import { type AnyFunction, ownName } from '../definition/task-reference.ts';
import type { Inspection } from './inspection.ts';
import type { Location } from './locator.ts';
import { fileName, PositionFinder } from './source-position.ts';

export class Candidate {
  readonly task: AnyFunction;
  readonly parts: CheckedParts | undefined;
  /** The function that does the work: of a checked task its handler. */
  readonly fn: AnyFunction;
  readonly text: string;
  readonly inspected: Inspection | undefined;
  readonly location: Location | undefined;

  constructor(task: AnyFunction, inspected: Inspection | undefined) {
    this.task = task;
    this.parts = checkedParts(task);
    this.fn = this.parts?.handler ?? task;
    this.text = Function.prototype.toString.call(this.fn);
    this.inspected = inspected;
    this.location = inspected?.locator.locate(this.fn);
  }

  /** '' when it has none of its own. */
  get name(): string {
    return ownName(this.fn);
  }

  /** For messages: its own name, else where it is written. */
  get title(): string {
    if (this.name !== '' || this.location === undefined) return this.name || '<anonymous>';
    const position = this.positions(0).at(0);
    return position.file === '' ? '<anonymous>' : `<anonymous ${fileName(position.file)}:${position.line}>`;
  }

  /** `anchor`: the offset in its text that its location speaks of. */
  positions(anchor: number): PositionFinder {
    return new PositionFinder(this.text, anchor, this.location, this.inspected?.maps);
  }

  /** The same in the text that V8 compiled, whatever it was made of. */
  compiledPositions(anchor: number): PositionFinder {
    return new PositionFinder(this.text, anchor, this.location, undefined);
  }
}
