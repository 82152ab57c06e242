/**
 * @file A lock between processes: a directory, since making one is atomic on every file system.
 * Imports nothing but Node. A lock whose owner has died is taken over; a living owner is waited for.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

const pollMilliseconds = 100;
/** Between making the directory and naming its owner; longer than that means the maker died there. */
const namelessMilliseconds = 5_000;
/** An owner on another machine cannot be asked whether it lives, so its lock expires. */
const foreignMilliseconds = 15 * 60_000;

/**
 * Runs `body` while holding the lock at `path`.
 * @template T
 * @param {string} path directory that stands for the lock; its parent is made where missing
 * @param {(line: string) => void} say told once when another process is waited for
 * @param {() => T} body
 * @returns {Promise<T>} what `body` returned
 */
export async function withLock(path, say, body) {
  mkdirSync(dirname(path), { recursive: true });
  let waiting = false;
  while (!acquire(path)) {
    const owner = ownerOf(path);
    if (isStale(path, owner)) {
      remove(path, owner);
      continue;
    }
    if (!waiting) say(`Waiting for process ${owner.split(" ")[0] || "unknown"}, which is preparing this checkout …`);
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
  try {
    return await body();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function acquire(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
  writeFileSync(join(path, "owner"), `${process.pid} ${hostname()}`);
  return true;
}

/** `pid host`, or nothing where the lock is gone or not named yet. */
function ownerOf(path) {
  try {
    return readFileSync(join(path, "owner"), "utf8");
  } catch {
    return "";
  }
}

function isStale(path, owner) {
  const age = ageOf(path);
  if (owner === "") return age > namelessMilliseconds;
  const [pid, host] = owner.split(" ");
  return host === hostname() ? !isAlive(Number(pid)) : age > foreignMilliseconds;
}

function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Moves a stale lock aside before deleting it, so that of several takers only one succeeds. */
function remove(path, owner) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  // Another process may have taken the stale lock over in between: then what was moved is alive, and goes back.
  if (ownerOf(aside) !== owner) {
    try {
      renameSync(aside, path);
      return;
    } catch {
      // A third process made its own lock meanwhile; the moved one only has to go.
    }
  }
  rmSync(aside, { recursive: true, force: true });
}
