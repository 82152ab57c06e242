/**
 * @file Trains in a real browser: serves the bundles of `browser-bundle.mjs` to a headless Chromium, which
 * runs the raw network for some steps on wasm and reports its losses; they must equal those of Node. Then it
 * loads the whole entry, and with it parts that are loaded on demand. Says so and passes where no Chromium is
 * installed (`CHROMIUM` names one).
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
});

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

function inBrowser(page) {
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
    const finish = (settle) => {
      clearTimeout(timer);
      server.close();
      child?.once("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
      child?.kill("SIGKILL");
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
      child = spawn(browser, [...options, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
      child.on("error", (error) => finish(() => reject(error)));
    });
  });
}
