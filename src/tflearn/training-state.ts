/** @file What a trainer knows while it trains: the state callbacks read, and the names of runs. */
import { Random } from "../core/random.js";
import type { TrainingState } from "./callbacks.js";

/** The state as the trainer changes it. */
export type MutableState = { -readonly [K in keyof TrainingState]: TrainingState[K] };

export const initialState = (): MutableState => ({
  epoch: 0,
  step: 0,
  currentIter: 0,
  lossValue: null,
  accValue: null,
  valLoss: null,
  valAcc: null,
  validationMonitors: [],
  bestAccuracy: 0,
  globalLoss: 0,
  globalAcc: null,
  stepTime: 0,
});

/** Six letters and digits. */
export function randomRunId(): string {
  const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const random = new Random();
  return Array.from({ length: 6 }, () => characters[random.integer(characters.length)]).join("");
}
