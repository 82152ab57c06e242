/** @file `RemoteMonitor`: sends the values of every epoch to a server. Follows `remote_monitor.py` of Keras 3. */
import { recordOf, requireNoMore, requireNumber } from "../arguments.js";
import type { Logs } from "../contracts.js";
import { Callback, warn } from "./callback.js";

/** Options of {@link RemoteMonitor}. */
export interface RemoteMonitorOptions {
  /** Default `"http://localhost:9000"`. */
  readonly root?: string;
  /** Default `"/publish/epoch/end/"`. */
  readonly path?: string;
  /** Name of the form's field. Default `"data"`. */
  readonly field?: string;
  /** Headers of the request. Default: none of its own. */
  readonly headers?: Readonly<Record<string, string>> | null;
  /** Sends JSON in place of a form. Default false. */
  readonly sendAsJson?: boolean;
  /** Seconds after which the server counts as unreachable, so that training goes on. Default 10. */
  readonly timeout?: number;
}

/**
 * Posts `{ epoch, loss, … }` after every epoch. A server that cannot be reached is a warning.
 * `keras.callbacks.RemoteMonitor`.
 */
export class RemoteMonitor extends Callback {
  static override readonly name: string = "RemoteMonitor";
  private readonly root: string;
  private readonly url: string;
  private readonly field: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly sendAsJson: boolean;
  private readonly timeout: number;

  constructor(options: RemoteMonitorOptions = {}) {
    const {
      root = "http://localhost:9000",
      path = "/publish/epoch/end/",
      field = "data",
      headers = null,
      sendAsJson = false,
      timeout = 10,
      ...rest
    } = recordOf(options, new.target);
    requireNoMore(rest, new.target, ["root", "path", "field", "headers", "sendAsJson", "timeout"]);
    super();
    this.root = root;
    this.url = this.root + path;
    this.field = field;
    this.headers = headers ?? {};
    this.sendAsJson = sendAsJson;
    this.timeout = requireNumber(timeout, "timeout", new.target);
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const json = JSON.stringify({ epoch, ...logs });
    const content: RequestInit = this.sendAsJson
      ? { body: json, headers: { "content-type": "application/json", ...this.headers } }
      : { body: new URLSearchParams({ [this.field]: json }), headers: this.headers };
    try {
      const signal = AbortSignal.timeout(this.timeout * 1000);
      const response = await fetch(this.url, { method: "POST", signal, ...content });
      await response.body?.cancel();
    } catch {
      warn(`Could not reach RemoteMonitor root server at ${this.root}`);
    }
  }
}
