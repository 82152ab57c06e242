/** @file The callbacks of one `fit`, `evaluate` or `predict`: each hook calls them in turn and awaits them. */
import type { Callback, CallbackParams, Logs, TrainedModel } from "../../contracts.js";

type HookName = Exclude<keyof Callback, "setParams" | "setModel">;

export class CallbackList {
  private readonly hooks = new Map<HookName, readonly Callback[]>();

  constructor(
    readonly callbacks: readonly Callback[],
    model: TrainedModel,
    params: CallbackParams,
  ) {
    for (const callback of callbacks) {
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
    return this.run(hook, (callback) => (callback[hook] as (logs: Logs) => void | Promise<void>)(logs));
  }
  /** Calls a hook of an epoch or a batch. */
  callAt(hook: HookName, index: number, logs: Logs): Promise<void> | undefined {
    return this.run(hook, (callback) =>
      (callback[hook] as (index: number, logs: Logs) => void | Promise<void>)(index, logs),
    );
  }

  /** Only what returns a promise is waited for: most hooks of most batches return at once. */
  private run(hook: HookName, invoke: (callback: Callback) => void | Promise<void>): Promise<void> | undefined {
    let waiting: Promise<void> | undefined;
    for (const callback of this.listening(hook)) {
      if (waiting !== undefined) {
        waiting = waiting.then(() => invoke(callback));
        continue;
      }
      const result = invoke(callback);
      if (result instanceof Promise) waiting = result;
    }
    return waiting;
  }

  private listening(hook: HookName): readonly Callback[] {
    const known = this.hooks.get(hook);
    if (known !== undefined) return known;
    const listening = this.callbacks.filter((callback) => callback[hook] !== undefined);
    this.hooks.set(hook, listening);
    return listening;
  }
}
