/** @file The package's version, read from its manifest. */
import { createRequire } from "node:module";

const manifest: { readonly version: string } = createRequire(import.meta.url)("../../../package.json");

/** Such as `0.1.0`. */
export const version: string = manifest.version;
