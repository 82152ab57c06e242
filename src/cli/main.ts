#!/usr/bin/env node
/**
 * @file The `strata` command: hands the arguments over and sets the exit code. Runs when it is loaded.
 */
import { runCommandLine } from "./command-line.js";

// Whoever reads the output may stop early, as `head` does; that is no failure of this command.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCommandLine(process.argv.slice(2));
