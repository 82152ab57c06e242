/**
 * @file Trains in a real browser: serves the bundle to a headless Chromium, which runs the raw program for
 * some steps on wasm and reports its losses; they must equal those of Node. Says so and passes where no
 * Chromium is installed (`CHROMIUM` names one).
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, SetupError } from "./ensure.mjs";

const candidates = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome"].filter(Boolean);
const browser = candidates.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
const patience = 60_000;

/** The same program in both places; it must use nothing but its argument. */
async function train(tf) {
  const random = (length, seed) => Float32Array.from({ length }, (_, i) => Math.abs(Math.sin(i * 12.9898 + seed)));
  const x = tf.placeholder("float32", [null, 784]);
  const labels = tf.placeholder("float32", [null, 10]);
  const W1 = new tf.Variable(tf.truncatedNormal([784, 64], { stddev: 784 ** -0.5, seed: 1 }));
  const W2 = new tf.Variable(tf.truncatedNormal([64, 10], { stddev: 64 ** -0.5, seed: 2 }));
  const hidden = tf.nn.sigmoid(tf.add(tf.matmul(x, W1), new tf.Variable(tf.zeros([64]))));
  const logits = tf.add(tf.matmul(hidden, W2), new tf.Variable(tf.zeros([10])));
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits({ logits, labels }));
  const update = new tf.train.GradientDescentOptimizer(0.5).minimize(loss);
  const session = new tf.Session();
  await session.run(tf.globalVariablesInitializer());
  const classes = new Float32Array(320).map((_, i) => (Math.floor(i / 10) % 10 === i % 10 ? 1 : 0));
  const feeds = [
    [x, new tf.NdArray("float32", [32, 784], random(32 * 784, 3))],
    [labels, new tf.NdArray("float32", [32, 10], classes)],
  ];
  const losses = [];
  for (let step = 0; step < 50; step++) losses.push((await session.run([loss, update], feeds))[0]);
  const device = session.deviceName;
  session.close();
  return { device, losses };
}

await run(async () => {
  if (browser === undefined) {
    console.log("No Chromium found: the bundle is not run in a browser here (CHROMIUM names one).");
    return;
  }
  const page = `<!doctype html><script type="module">
    import * as tf from "/tensorstrata.js";
    const train = ${train};
    let report;
    try { report = await train(tf); } catch (error) { report = { error: String(error?.stack ?? error) }; }
    await fetch("/report", { method: "POST", body: JSON.stringify(report) });
  </script>`;
  const bundle = readFileSync(join(root, "dist", "browser", "tensorstrata.js"));
  const report = await inBrowser(page, bundle);
  if (report.error !== undefined) throw new SetupError(`In ${browser}: ${report.error}`);
  const here = await train(await import("tensorstrata"));
  const worst = Math.max(...here.losses.map((loss, i) => Math.abs(loss - report.losses[i]) / loss));
  console.log(
    `${browser}: 50 steps on ${report.device}, loss ${report.losses[0].toFixed(4)} to ${report.losses.at(-1).toFixed(4)}; differs from Node by ${worst.toExponential(1)}`,
  );
  // Both are V8; fused multiply-add may be there in one and not in the other.
  if (!(worst < 1e-4) || report.device !== "wasm")
    throw new SetupError("The browser computes something else than Node");
});

function inBrowser(page, bundle) {
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
      const isBundle = request.url === "/tensorstrata.js";
      response.setHeader("Content-Type", isBundle ? "text/javascript" : "text/html");
      response.end(isBundle ? bundle : page);
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
