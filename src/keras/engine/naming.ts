/**
 * @file The names that layers and models get where none is given: the class in snake_case with a counter,
 * `dense`, `dense_1`. Follows `auto_name` of Keras 3.
 */
import { snakeCase } from "../registry.js";
import { onClear } from "./session.js";

const counts = new Map<string, number>();
onClear(() => counts.clear());

/** The next free name of a class: `Conv2D` gives `conv2d`, then `conv2d_1`. */
export function autoName(className: string): string {
  const prefix = snakeCase(className);
  const count = counts.get(prefix) ?? 0;
  counts.set(prefix, count + 1);
  return count === 0 ? prefix : `${prefix}_${count}`;
}
