/**
 * @file A reporter for logs: one line per test file, failures in full, then the totals as Node's runner
 * gives them (`# tests`, `# pass`, `# fail`). What a test prints is shown only where its file fails.
 */
import { basename, dirname, relative } from "node:path";
import { inspect } from "node:util";

/** @param {AsyncIterable<{ type: string, data: any }>} events of `node --test` */
export default async function* compactReporter(events) {
  let current = fileReport(undefined);
  const totals = [];
  for await (const { type, data } of events) {
    if (type === "test:diagnostic" && data.file === undefined) {
      totals.push(`# ${data.message}\n`);
      continue;
    }
    if (!["test:pass", "test:fail", "test:diagnostic", "test:stdout", "test:stderr"].includes(type)) continue;
    if (isHelperOf(data.file, current.file)) current.helper = basename(data.file);
    else if (data.file !== current.file) {
      yield render(current);
      current = fileReport(data.file);
    }
    record(current, type, data);
  }
  yield render(current);
  yield* totals;
}

/**
 * Tests that a file has made by a helper beside it bear the helper's name. Nothing says which file it was: it may be
 * the next one too.
 */
const isHelperOf = (helper, file) =>
  helper !== undefined && file !== undefined && !helper.endsWith(".test.js") && dirname(helper) === dirname(file);

function fileReport(file) {
  return { file, helper: undefined, passed: 0, milliseconds: 0, failures: [], skips: [], notes: [], output: [] };
}

function record(report, type, data) {
  if (type === "test:stdout" || type === "test:stderr") report.output.push(data.message);
  else if (type === "test:diagnostic") report.notes.push(data.message);
  else {
    if (data.nesting === 0) report.milliseconds += data.details.duration_ms;
    // A suite that passes, and anything that fails through its parts, only repeats what the parts have said.
    if (type === "test:pass" && data.details.type === "suite") return;
    if (data.details.error?.failureType === "subtestsFailed") return;
    if (data.skip !== undefined) report.skips.push(reasoned(data.name, data.skip));
    else if (data.todo !== undefined) report.notes.push(`to do: ${reasoned(data.name, data.todo)}`);
    else if (type === "test:pass") report.passed++;
    else report.failures.push(failure(data));
  }
}

const reasoned = (name, reason) => (typeof reason === "string" && reason !== "" ? `${name} (${reason})` : name);

function failure({ name, file, line, column, details }) {
  const error = details.error?.cause ?? details.error;
  const text = error instanceof Error && error.stack !== undefined ? inspect(error) : String(error);
  return `✖ ${name}  (${basename(file ?? "")}:${line}:${column})\n${text}`;
}

function render(report) {
  if (report.file === undefined) return "";
  const failed = report.failures.length;
  const counts = [`${report.passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (report.skips.length > 0) counts.push(`${report.skips.length} skipped`);
  const helper = report.helper === undefined ? "" : `, and made by ${report.helper}`;
  const lines = [
    `${failed > 0 ? "FAIL" : "ok  "}  ${relative(process.cwd(), report.file)}${helper}  ${counts.join(", ")}  ` +
      `${(report.milliseconds / 1000).toFixed(2)} s`,
    ...report.skips.map((skip) => `      skipped  ${skip}`),
    ...report.notes.map((note) => `      note     ${note}`),
    ...report.failures.map((text) => indent(text)),
  ];
  if (failed > 0 && report.output.length > 0)
    lines.push(indent(`output of the file:\n${report.output.join("").trimEnd()}`));
  return `${lines.join("\n")}\n`;
}

const indent = (text) => text.replace(/^(?=.)/gm, "      ");
