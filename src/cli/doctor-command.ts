/** @file `strata doctor`: what this machine offers, for people or as JSON. */
import { type Diagnosis, diagnose } from "./doctor-checks.js";
import { exitCodes, type Host, styled, writeLine } from "./host.js";
import { toJson } from "./json-reporter.js";

export interface DoctorOptions {
  readonly json?: boolean;
}

/** Reports on the machine. @returns the exit code: failed where nothing can be trained here */
export async function doctor(options: DoctorOptions, host: Host): Promise<number> {
  const diagnosis = await diagnose();
  if (options.json) host.stdout.write(`${toJson(diagnosis)}\n`);
  else print(diagnosis, host);
  const chosen = diagnosis.devices.find(({ name }) => name === diagnosis.auto.device);
  return chosen?.works ? exitCodes.done : exitCodes.failed;
}

type Fact = readonly [name: string, value: string];

function print(diagnosis: Diagnosis, { stdout }: Host): void {
  const section = (title: string, facts: readonly Fact[]): void => {
    writeLine(stdout, styled(stdout, "bold", title));
    const width = Math.max(...facts.map(([name]) => name.length));
    for (const [name, value] of facts) writeLine(stdout, `  ${name.padEnd(width)}  ${value}`);
    writeLine(stdout);
  };
  section(`Tensorstrata ${diagnosis.version}`, machineFacts(diagnosis));
  section("Data, in the order it is looked for", dataFacts(diagnosis));
  section("Devices", deviceFacts(diagnosis));
  writeLine(stdout, styled(stdout, "dim", "Python and TensorFlow are not needed."));
}

function machineFacts({ node, webAssembly, threads, native }: Diagnosis): Fact[] {
  return [
    ["Node", `${node.version} (${node.engine}) on ${node.platform}`],
    ["SIMD", yesOrNo(webAssembly.simd)],
    ["relaxed SIMD", webAssembly.relaxedSimd ? "yes: multiply and add in one step" : "no: plain SIMD is used"],
    ["processors", String(threads.processors)],
    ["shared memory", yesOrNo(threads.sharedMemory)],
    ["C compiler", "missing" in native ? `not used: ${native.missing}; none is needed` : native.compiler],
  ];
}

function dataFacts({ data, cache }: Diagnosis): Fact[] {
  return [
    ...data.map(
      ({ name, path, found }): Fact => [name, path === undefined ? "not set" : found ? path : `not in ${path}`],
    ),
    ["downloads go to", cache ?? "nowhere"],
  ];
}

function deviceFacts({ devices, auto }: Diagnosis): Fact[] {
  const facts = devices.map(({ name, works, problem, fallback }): Fact => {
    if (!works) return [name, `does not work: ${problem}`];
    return [name, fallback === undefined ? "works" : `works as wasm alone: ${fallback}`];
  });
  const reason = auto.chosenBy === "STRATA_DEVICE" ? "as STRATA_DEVICE says" : "the fastest that works";
  return [
    ...facts,
    ["auto", auto.device === undefined ? "STRATA_DEVICE names no device" : `${auto.device}, ${reason}`],
  ];
}

const yesOrNo = (value: boolean): string => (value ? "yes" : "no");
