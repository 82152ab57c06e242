/**
 * @file Trains in a real browser: serves the bundles of `browser-bundle.mjs` to a headless Chromium, which
 * runs the raw network for some steps on wasm and reports its losses; they must equal those of Node. Then it
 * loads the whole entry, and with it parts that are loaded on demand. An isolated page trains on two threads, which
 * must really take part and change no bit; one that forbids workers trains all the same. Says so and passes where no
 * Chromium is installed (`CHROMIUM` names one).
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, SetupError } from "./ensure.mjs";

const candidates = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"].filter(Boolean);
const browser = candidates.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
const folder = join(root, "dist", "browser");
const patience = 60_000;
/** What makes a page isolated, so that it may share memory with workers. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
/** A batch whose steps are worth sharing, and steps enough for workers to start meanwhile, if the machine is not busy. */
const large = { batch: 128, steps: 300 };
/** Trainings within which workers must have taken part in a step: on a busy machine they start late. */
const attempts = 10;
/** Loaded behind the guard, which installs it. */
let parseSync;

await run(async () => {
  if (browser === undefined) {
    console.log("No Chromium found: the bundle is not run in a browser here (CHROMIUM names one).");
    return;
  }
  ({ parseSync } = await import("rolldown/utils"));
  if (!existsSync(join(folder, "raw-network")))
    throw new SetupError("There are no bundles yet\n  fix  node scripts/browser-bundle.mjs");
  const page = `<!doctype html><script type="module">
    const report = {};
    try {
      const { train } = await import("/raw-network/raw-network.js");
      report.trained = await train();
      report.atStart = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
      const tf = await import("/tensorstrata/tensorstrata.js");
      const session = new tf.Session({ device: "interpreter" });
      report.interpreted = await session.run(tf.constant([1, 2, 3]).mul(2).reduceSum());
      report.encoded = (await session.graph.serializeGraphDef()).length;
    } catch (error) { report.error = String(error?.stack ?? error); }
    await fetch("/report", { method: "POST", body: JSON.stringify(report) });
  </script>`;
  const report = await inBrowser(page);
  if (report.error !== undefined) throw new SetupError(`In ${browser}: ${report.error}`);
  const { device, losses } = report.trained;
  const here = await (await import("./browser-program.mjs")).train();
  const worst = Math.max(...here.losses.map((loss, i) => Math.abs(loss - losses[i]) / loss));
  console.log(
    `${browser}: 50 steps on ${device}, loss ${losses[0].toFixed(4)} to ${losses.at(-1).toFixed(4)}; differs from Node by ${worst.toExponential(1)}`,
  );
  // Both are V8; fused multiply-add may be there in one and not in the other.
  if (!(worst < 1e-4) || device !== "wasm") throw new SetupError("The browser computes something else than Node");
  const early = report.atStart.filter((path) => path.endsWith(".js") && !atStart("raw-network").has(path));
  if (early.length > 0)
    throw new SetupError(`Training loaded what should wait until it is needed: ${early.join(", ")}`);
  if (report.interpreted !== 12 || !(report.encoded > 0))
    throw new SetupError(`Parts loaded on demand do not work in ${browser}: ${JSON.stringify(report)}`);
  console.log(`${browser}: the interpreter and the graph encoder, loaded on demand, work`);
  await checkThreads();
});

/** Trains with two threads where a page may have them, and where it may not. */
async function checkThreads() {
  let shared = await trainWithThreads(isolation);
  for (let i = 1; i < attempts && shared.meetings === 0; i++) shared = await trainWithThreads(isolation);
  // How often they meet is the engine's choice: it turns to one thread where two are slower.
  if (!shared.isolated || shared.workers !== 1 || shared.meetings === 0)
    throw new SetupError(`An isolated page of ${browser} does not use its threads: ${JSON.stringify(shared)}`);
  console.log(`${browser}: ${large.steps} steps, 2 threads that met ${shared.meetings} times: the bits of 1 thread`);
  for (const [what, headers] of [
    ["a page that is not isolated", {}],
    ["a page that forbids workers", { ...isolation, "Content-Security-Policy": "worker-src 'none'" }],
  ]) {
    const { meetings } = await trainWithThreads(headers);
    if (meetings !== 0) throw new SetupError(`In ${browser}, ${what} has threads: ${meetings} meetings`);
    console.log(`${browser}: ${what} trains on 1 thread, with the same bits`);
  }
}

async function trainWithThreads(headers) {
  const report = await inBrowser(
    `<!doctype html><script type="module">
    const report = { isolated: crossOriginIsolated, workers: 0 };
    let control;
    globalThis.Worker = class extends Worker {
      postMessage(message) {
        if (message.memory) {
          report.workers++;
          // The word of control.ts, meeting.phase, that counts how often all threads have met.
          control = new Int32Array(message.memory.buffer, message.control + 128, 1);
        }
        super.postMessage(message);
      }
    };
    try {
      const { train } = await import("/raw-network/raw-network.js");
      const options = ${JSON.stringify(large)};
      const one = await train({ ...options, threads: 1 });
      if (report.workers > 0) throw new Error("One thread has workers");
      const two = await train({ ...options, threads: 2 });
      report.meetings = control?.[0] ?? 0;
      report.losses = two.losses.length;
      report.different = two.losses.findIndex((loss, i) => !Object.is(loss, one.losses[i]));
    } catch (error) { report.error = String(error?.stack ?? error); }
    await fetch("/report", { method: "POST", body: JSON.stringify(report) });
  </script>`,
    headers,
  );
  if (report.error !== undefined) throw new SetupError(`In ${browser}: ${report.error}`);
  if (report.different !== -1 || report.losses !== large.steps)
    throw new SetupError(`Two threads compute something else than one in ${browser}: ${JSON.stringify(report)}`);
  return report;
}

/** The paths of a bundle's files that its entry imports, directly or not. */
function atStart(name) {
  const found = new Set();
  const visit = (file) => {
    const path = `/${name}/${file}`;
    if (found.has(path)) return;
    found.add(path);
    const { module } = parseSync(file, readFileSync(join(folder, path), "utf8"));
    const passedOn = module.staticExports.flatMap(({ entries }) => entries);
    for (const { moduleRequest } of [...module.staticImports, ...passedOn])
      if (moduleRequest) visit(moduleRequest.value.replace("./", ""));
  };
  visit(`${name}.js`);
  return found;
}

function inBrowser(page, headers = {}) {
  return new Promise((resolve, reject) => {
    const profile = mkdtempSync(join(tmpdir(), "tensorstrata-browser-"));
    let child;
    const server = createServer((request, response) => {
      if (request.url === "/report") {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () => {
          response.end();
          finish(() => resolve(JSON.parse(body)));
        });
        return;
      }
      if (request.url === "/") {
        response.setHeader("Content-Type", "text/html");
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        response.end(page);
      } else if (/^\/[\w-]+\/[\w-]+\.js$/.test(request.url ?? "") && existsSync(join(folder, request.url))) {
        response.setHeader("Content-Type", "text/javascript");
        response.end(readFileSync(join(folder, request.url)));
      } else response.writeHead(404).end();
    });
    const timer = setTimeout(
      () => finish(() => reject(new SetupError(`${browser} did not report within ${patience / 1000} s`))),
      patience,
    );
    // The whole group: what the browser started would go on writing into the folder.
    const stop = () => child?.pid === undefined || process.kill(-child.pid, "SIGKILL");
    const interrupt = () => {
      stop();
      process.exit(130);
    };
    process.once("SIGINT", interrupt);
    const finish = (settle) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupt);
      server.close();
      child?.once("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
      stop();
      settle();
    };
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      const options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        `--user-data-dir=${profile}`,
      ];
      child = spawn(browser, [...options, `http://127.0.0.1:${port}/`], { stdio: "ignore", detached: true });
      child.on("error", (error) => finish(() => reject(error)));
    });
  });
}
