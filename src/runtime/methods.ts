/** @file `tensor.eval()`, `operation.run()` and `variable.load()`: runs in the default session. */
import type { ArrayLike_, DType, Fetched, Shape } from "../core/index.js";
import { Operation, Tensor } from "../graph/index.js";
import { Variable } from "../ops/variable.js";
import type { Feeds } from "./feeds.js";
import { requireSession, type Session } from "./session.js";

declare module "../graph/tensor.js" {
  interface Tensor<D extends DType = DType, S extends Shape = Shape> {
    /** The value of this tensor, from the default session or the given one. @throws SessionError without one */
    eval<D extends DType, S extends Shape>(
      this: Tensor<D, S>,
      feeds?: Feeds,
      session?: Session,
    ): Promise<Fetched<D, S>>;
  }
}
declare module "../graph/operation.js" {
  interface Operation {
    /** Runs this operation in the default session or the given one. @throws SessionError without one */
    run(feeds?: Feeds, session?: Session): Promise<void>;
  }
}
declare module "../ops/variable.js" {
  interface Variable<D extends DType = DType, S extends Shape = Shape> {
    /** Sets the value in a session: runs the initializer with its value fed. */
    load(value: ArrayLike_, session?: Session): Promise<void>;
  }
}

Tensor.prototype.eval = function <D extends DType, S extends Shape>(
  this: Tensor<D, S>,
  feeds?: Feeds,
  session?: Session,
) {
  return requireSession(this, "eval", session).run(this, feeds) as Promise<Fetched<D, S>>;
};

Operation.prototype.run = async function (this: Operation, feeds?: Feeds, session?: Session) {
  await requireSession(this, "run", session).run(this, feeds);
};

Variable.prototype.load = async function (this: Variable, value: ArrayLike_, session?: Session) {
  await requireSession(this, "run", session).run(this.initializer, [[this.initialValue, value]]);
};
