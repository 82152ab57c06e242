/** @file `keras.preprocessing`: sequences and texts as arrays. Re-exports alone. */
export { ImageDataGenerator } from "./not-available.js";
export { type PadOptions, padSequences, type Sequence } from "./sequences.js";
export {
  type MatrixMode,
  Tokenizer,
  type TokenizerOptions,
  textToWordSequence,
  type WordOptions,
} from "./tokenizer.js";
