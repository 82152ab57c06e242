/**
 * @file The names of a graph: which are valid, which are taken, and the scope that prefixes new ones.
 * Follows `Graph.unique_name` and `Graph.name_scope` of TensorFlow 1.3.
 */
import { GraphError } from "../core/index.js";
import { type Scope, within } from "./scope.js";

const validName = /^[A-Za-z0-9.][A-Za-z0-9_.\\\-/]*$/;
const validScopedName = /^[A-Za-z0-9_.\\\-/]+$/;

export class Names {
  private readonly used = new Map<string, number>();
  private scope = "";

  /** The current name scope without a trailing slash; empty at the root. */
  get currentScope(): string {
    return this.scope;
  }

  /** The full name of a new operation. A name ending in `/` is taken as it is. @throws GraphError */
  forOperation(requested: string): string {
    if (requested.endsWith("/")) return this.check(requested.slice(0, -1));
    return this.unique(this.check(requested));
  }

  private check(name: string): string {
    if (!(this.scope === "" ? validName : validScopedName).test(name))
      throw new GraphError(`'${name}' is not a valid scope name`, {
        hint: "use letters, digits and . _ - /, beginning with a letter, digit or dot",
      });
    return name;
  }

  /** The name prefixed with the current scope and made unique with `_1`, `_2`, …. */
  unique(name: string, markAsUsed = true): string {
    const full = this.scope === "" ? name : `${this.scope}/${name}`;
    const count = this.used.get(full) ?? 0;
    if (markAsUsed) this.used.set(full, count + 1);
    if (count === 0) return full;
    let next = count;
    let candidate = `${full}_${next}`;
    while (this.used.has(candidate)) candidate = `${full}_${++next}`;
    if (markAsUsed) {
      this.used.set(candidate, 1);
      this.used.set(full, next + 1);
    }
    return candidate;
  }

  /** Opens a scope: see `Graph.nameScope`. @throws GraphError for an invalid name */
  within<T>(name: string | null, body?: (scope: string) => T): T | Scope {
    const before = this.scope;
    if (name === null || name === "") this.scope = "";
    else if (name.endsWith("/")) this.scope = this.check(name.slice(0, -1));
    else this.scope = this.unique(this.check(name));
    return within(this.scope === "" ? "" : `${this.scope}/`, body, () => {
      this.scope = before;
    });
  }
}
