/**
 * @file What `compile` is told, checked for callers without types: options of Keras that have no place here say
 * why, and misspelt ones are not passed over.
 */
import { ArgumentError, UnimplementedError } from "../../../core/index.js";
import { recordOf, shown } from "../../arguments.js";
import { nearest } from "../../registry.js";
import type { CompileOptions } from "./options.js";

const known: { readonly [Option in keyof Required<CompileOptions>]: true } = {
  optimizer: true,
  loss: true,
  lossWeights: true,
  metrics: true,
  weightedMetrics: true,
};

/** Keras's other options: the values that ask for nothing, and what to do instead of the rest. */
const absent: { readonly [option: string]: { readonly harmless: readonly unknown[]; readonly instead: string } } = {
  runEagerly: {
    harmless: [false],
    instead:
      'every step is one compiled program; to follow it, take the device "interpreter", or fetch tensors in a session',
  },
  jitCompile: {
    harmless: [true, "auto"],
    instead: 'every step is compiled; to have nothing compiled, take the device "interpreter"',
  },
  stepsPerExecution: { harmless: [1], instead: "a step starts within microseconds: leave the option out" },
  autoScaleLoss: {
    harmless: [true, false],
    instead: "there is no float16 whose gradients would need it: leave the option out",
  },
  sampleWeightMode: { harmless: [], instead: "give fit a sampleWeight of the targets' own shape" },
};

/** @throws ArgumentError for an option that nobody knows, UnimplementedError for one of Keras's that is not here */
export function checkCompileOptions(options: CompileOptions): void {
  for (const [name, value] of Object.entries(recordOf(options, "compile()"))) {
    const isList = typeof value === "object" || value === undefined;
    if ((name === "metrics" || name === "weightedMetrics") && !isList)
      throw new ArgumentError(
        `Expected \`${name}\` argument to be a list or record. Received instead: ${shown(value)}`,
        {
          hint: `${name}: ["accuracy"]`,
        },
      );
    if (Object.hasOwn(known, name) || value === undefined || value === null) continue;
    const other = Object.hasOwn(absent, name) ? absent[name] : undefined;
    if (other === undefined) {
      const similar = nearest(name, Object.keys(known));
      throw new ArgumentError(`compile() has no option '${name}'`, {
        hint:
          similar.length > 0
            ? `did you mean ${similar.map((option) => `'${option}'`).join(" or ")}?`
            : `there are ${Object.keys(known).join(", ")}`,
      });
    }
    if (!other.harmless.includes(value))
      throw new UnimplementedError(`compile() takes no '${name}'`, { hint: other.instead });
  }
}
