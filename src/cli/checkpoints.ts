/** @file Checkpoints of a training run, in a directory of the user's choice. */
import { platform } from "#platform";
import { FailedPreconditionError, UnimplementedError } from "../core/index.js";
import type { Session } from "../runtime/index.js";
import { Saver } from "../train/index.js";

const NAME = "model";

/** Saves the variables of one session's graph as `<directory>/model-<step>`; the latest five are kept. */
export class Checkpoints {
  private saver: Saver | undefined;

  private constructor(private readonly path: string) {}

  /**
   * Makes the directory, before any work that a wrong path would lose.
   * @throws FailedPreconditionError where a file stands there, PermissionDeniedError where it may not be made
   */
  static async open(directory: string): Promise<Checkpoints> {
    const { files } = platform;
    if (files === undefined) throw new UnimplementedError("There are no files here to save checkpoints to");
    if ((await files.exists(directory)) && !(await files.isDirectory(directory)))
      throw new FailedPreconditionError(`${directory} is a file, so no checkpoints can be saved in it`, {
        hint: "name a directory with --save; it is made where it does not exist",
      });
    await files.makeDirectory(directory);
    return new Checkpoints(files.join(directory, NAME));
  }

  /** @returns the checkpoint's prefix, which `Saver.restore` takes */
  save(session: Session, step: number): Promise<string> {
    // Made at the first save, when models that train themselves have made all their variables.
    this.saver ??= session.graph.asDefault(() => new Saver());
    return this.saver.save(session, this.path, { globalStep: step });
  }
}
