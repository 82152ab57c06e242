/** @file Which values a program really needs, in order. Everything else is dead code. */
import { blockSources, expressionsOf, loadsOf, type Program, type Value, type ValueId } from "../ir/index.js";

/** The values a definition reads. */
export function sourcesOf(value: Value): readonly ValueId[] {
  if (value.definition.kind === "block") return blockSources(value.definition.block);
  const sources = new Set<ValueId>();
  for (const e of expressionsOf(value.definition)) for (const load of loadsOf(e)) sources.add(load.value);
  return [...sources];
}

/** The values that outputs, updates and checks depend on, in definition order. */
export function liveValues(program: Program): Value[] {
  const live = new Set<ValueId>();
  const stack = rootsOf(program);
  while (stack.length > 0) {
    const id = stack.pop() as ValueId;
    if (live.has(id)) continue;
    live.add(id);
    stack.push(...sourcesOf(program.values[id] as Value));
  }
  return program.values.filter((value) => live.has(value.id));
}

/** The values that must be computed for their own sake. */
export function rootsOf(program: Program): ValueId[] {
  return [
    ...program.outputs,
    ...program.updates.map((u) => u.value),
    ...program.checks.flatMap((c) => [c.flag, ...c.details]),
  ];
}
