/** The parts of other packages that read JavaScript and source maps. The build makes one file of them, which syntax.ts loads at first need. */
export { FlattenMap, originalPositionFor, sourceContentFor } from '@jridgewell/trace-mapping';
export { parse, tokenizer } from 'acorn';
export { analyze } from 'eslint-scope';
