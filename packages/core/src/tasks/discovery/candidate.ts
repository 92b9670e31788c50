/**
 * A function whose export is searched: its text, its location, and its name for error messages.
 *
 * The function of a checked task is its handler.
 * This file does not know how the export is searched.
 */
import { type CheckedParts, checkedParts } from '../definition/checked-task.ts';
import { type AnyFunction, ownName } from '../definition/task-reference.ts';
import type { Inspection } from './inspection.ts';
import type { Location } from './locator.ts';
import { fileName, PositionFinder } from './source-position.ts';

export class Candidate {
  readonly task: AnyFunction;
  readonly parts: CheckedParts | undefined;
  /** The function that does the work: the handler of a checked task. */
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

  /** The name of the function, '' if it has none. */
  get name(): string {
    return ownName(this.fn);
  }

  /** The name for messages: the name of the function, or its source position. */
  get title(): string {
    if (this.name !== '' || this.location === undefined) return this.name || '<anonymous>';
    const position = this.positions(0).at(0);
    return position.file === '' ? '<anonymous>' : `<anonymous ${fileName(position.file)}:${position.line}>`;
  }

  /** Positions in the written source. `anchor`: the offset in the text to which the location refers. */
  positions(anchor: number): PositionFinder {
    return new PositionFinder(this.text, anchor, this.location, this.inspected?.maps);
  }

  /** Positions in the text that V8 compiled, without source maps. */
  compiledPositions(anchor: number): PositionFinder {
    return new PositionFinder(this.text, anchor, this.location, undefined);
  }
}
