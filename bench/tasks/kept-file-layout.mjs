// What the two sides of kept-file.mjs know: the bytes of a piece, and the descriptors of the process.
export const PIECE = 2 << 20;
export const COMMANDS = 3;
export const WRITTEN = 4;
export const FROM_PROGRAM = 5;
export const TO_PROGRAM = 6;
