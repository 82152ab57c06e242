/** @file The callbacks of one `fit`, `evaluate` or `predict`: each hook calls them in turn and awaits them. */
import { ArgumentError, describe } from "../../../core/index.js";
import { requireNoMore } from "../../arguments.js";
import { hookNames } from "../../callbacks/lambda-callback.js";
import type { Callback, CallbackParams, Logs, TrainedModel } from "../../contracts.js";
import { camelCase } from "../../registry.js";

type HookName = Exclude<keyof Callback, "setParams" | "setModel">;

/** Keras 2's names of hooks, called where a callback has no hook of the present name. */
const formerNames: { readonly [Hook in HookName]?: HookName } = {
  onTrainBatchBegin: "onBatchBegin",
  onTrainBatchEnd: "onBatchEnd",
};

const hooks: { readonly [Hook in keyof Required<Callback>]: true } = { setParams: true, setModel: true, ...hookNames };

/** @throws ArgumentError for what is no callback, or has hooks by Python's names, which nobody would call */
function requireCallback(callback: unknown): void {
  if (typeof callback !== "object" || callback === null || Symbol.iterator in callback)
    throw new ArgumentError(`Callbacks are objects with hooks, not ${describe(callback)}`, {
      hint: "callbacks: [new keras.callbacks.LambdaCallback({ onEpochEnd: (epoch, logs) => … })]",
    });
  for (const name of Object.keys(hooks)) {
    const hook = (callback as { readonly [name: string]: unknown })[name];
    if (hook !== undefined && typeof hook !== "function")
      throw new ArgumentError(`The hook ${name} of a callback must be a function, not ${describe(hook)}`);
  }
  // In a record of hooks, other than in a class with methods of its own, every name is meant as a hook.
  if (Object.getPrototypeOf(callback) === Object.prototype)
    for (const name of Object.keys(callback).filter((own) => /^on[A-Z]/.test(own)))
      if (!Object.hasOwn(hooks, name)) requireNoMore({ [name]: 0 }, "A callback", Object.keys(hooks));
  for (let level: object = callback; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level))
    for (const name of Object.getOwnPropertyNames(level))
      if (/^on(_[a-z]+)+$/.test(name))
        throw new ArgumentError(
          `The callback ${callback.constructor.name} has a hook '${name}', which is never called.`,
          {
            hint: `hooks are in camelCase: ${camelCase(name)}`,
          },
        );
}

/** A callback, and its own name of a hook. */
type Listener = readonly [callback: Callback, hook: HookName];

export class CallbackList {
  private readonly hooks = new Map<HookName, readonly Listener[]>();

  constructor(
    readonly callbacks: readonly Callback[],
    model: TrainedModel,
    params: CallbackParams,
  ) {
    for (const callback of callbacks) {
      requireCallback(callback);
      callback.setParams?.(params);
      callback.setModel?.(model);
    }
  }

  /** Whether anybody wants to be told; for those whose logs cost something. */
  listens(hook: HookName): boolean {
    return this.listening(hook).length > 0;
  }
  /** Calls a hook that is told logs alone. */
  call(hook: HookName, logs: Logs): Promise<void> | undefined {
    return this.run(hook, ([callback, own]) => (callback[own] as (logs: Logs) => void | Promise<void>)(logs));
  }
  /** Calls a hook of an epoch or a batch. */
  callAt(hook: HookName, index: number, logs: Logs): Promise<void> | undefined {
    return this.run(hook, ([callback, own]) =>
      (callback[own] as (index: number, logs: Logs) => void | Promise<void>)(index, logs),
    );
  }

  /** Only what returns a promise is waited for: most hooks of most batches return at once. */
  private run(hook: HookName, invoke: (listener: Listener) => void | Promise<void>): Promise<void> | undefined {
    let waiting: Promise<void> | undefined;
    for (const listener of this.listening(hook)) {
      if (waiting !== undefined) {
        waiting = waiting.then(() => invoke(listener));
        continue;
      }
      const result = invoke(listener);
      if (result instanceof Promise) waiting = result;
    }
    return waiting;
  }

  private listening(hook: HookName): readonly Listener[] {
    const known = this.hooks.get(hook);
    if (known !== undefined) return known;
    const listening = this.callbacks.flatMap((callback): Listener[] => {
      const own = callback[hook] === undefined ? formerNames[hook] : hook;
      return own === undefined || callback[own] === undefined ? [] : [[callback, own]];
    });
    this.hooks.set(hook, listening);
    return listening;
  }
}
