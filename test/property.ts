/**
 * @file `fast-check` with a fixed seed, so that a run of the tests means the same everywhere.
 * `STRATA_SEED=7 npm test ir` looks elsewhere.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.STRATA_SEED ?? 1) });

export default fc;
