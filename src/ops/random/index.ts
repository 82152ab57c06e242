/** @file Random operations, at level 1 of the library. */
export { randomCrop } from "./crop.js";
export { multinomial } from "./multinomial.js";
export {
  type NormalOptions,
  randomNormal,
  randomUniform,
  type SeedOption,
  setRandomSeed,
  truncatedNormal,
  type UniformOptions,
} from "./random.js";
export { randomShuffle } from "./shuffle.js";
