/**
 * Inner modules of core, for programs that Node runs as they are: users do not get them, so they are not in the tarball of core. The build
 * bundles them from core's sources (scripts/bundle.mjs). They share no identity with `@twinpool/core`: an error class from here is not the
 * one that the package throws.
 */
export { loadTask } from '../../core/src/tasks/loading/load-task.ts';
export { decodePayload, encodeFrame, FrameReader, HEADER_BYTES } from '../../core/src/wire/frames.ts';
export { ANSWER, TASKS } from '../../core/src/wire/messages.ts';
