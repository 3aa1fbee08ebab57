import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseLocked, lockDatabase } from "../../src/storage/lock.ts";

let directory: string;
let file: string;
const releases: (() => void)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
  mkdirSync(join(directory, "data"));
  file = join(directory, "data", "switchboard.db");
});

afterEach(() => {
  for (const release of releases.splice(0)) release();
  rmSync(directory, { recursive: true });
});

function lock(path: string): () => void {
  const release = lockDatabase(path);
  releases.push(release);
  return release;
}

/** Another process that locks the file and then lives until it is killed. */
async function serverElsewhere(path: string, through: readonly string[] = []) {
  const program = `
    import { lockDatabase } from ${JSON.stringify(join(import.meta.dir, "../../src/storage/lock.ts"))};
    try { lockDatabase(${JSON.stringify(path)}); console.log("locked"); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.message); }`;
  const child = Bun.spawn([...through, process.execPath, "--eval", program], {
    stdout: "pipe",
    stderr: "inherit",
  });
  releases.push(() => child.kill("SIGKILL"));
  const { value } = await child.stdout.getReader().read();
  return { says: new TextDecoder().decode(value).trim(), child };
}

test("a second server in this process is refused, with one line that names the file", () => {
  lock(file);
  expect(() => lock(file)).toThrow(DatabaseLocked);
  expect(() => lock(file)).toThrow(
    `${file} is in use by another server: stop that server, or give this one another DATABASE_URL`,
  );
});

test("a released file can be taken again, and releasing twice takes it from nobody", () => {
  const release = lock(file);
  release();
  lock(file);
  release();
  expect(() => lock(file)).toThrow(DatabaseLocked);
});

test("a server in another process is refused", async () => {
  lock(file);
  expect((await serverElsewhere(file)).says).toStartWith(`${file} is in use by another server`);
});

test("a server that is killed leaves the file free", async () => {
  const { says, child } = await serverElsewhere(file);
  expect(says).toBe("locked");
  expect(() => lock(file)).toThrow(DatabaseLocked);
  child.kill("SIGKILL");
  await child.exited;
  lock(file);
});

test("other spellings and links lead to the same lock", () => {
  symlinkSync("data", join(directory, "linked-directory"));
  symlinkSync("data/switchboard.db", join(directory, "linked.db")); // dangling: the file is not there yet
  lock(join(directory, "linked.db"));
  for (const path of [
    file,
    join(directory, "linked-directory/switchboard.db"),
    `${directory}/data/../data//switchboard.db`,
    join(directory, "linked.db"),
  ]) {
    expect(() => lock(path)).toThrow(DatabaseLocked);
  }
});

test("two files in one directory are two locks", () => {
  lock(file);
  lock(join(directory, "data", "other.db"));
});

test("the lock is held although nobody keeps what lockDatabase returned", async () => {
  (() => void lockDatabase(file))();
  for (let round = 0; round < 5; round++) {
    Bun.gc(true);
    await new Promise(setImmediate);
  }
  expect(() => lock(file)).toThrow(DatabaseLocked);
});

test("trouble other than a second server is not called one", () => {
  writeFileSync(`${file}-lock`, "not a lock".repeat(1000));
  expect(() => lock(file)).toThrow("file is not a database");
  expect(() => lock(join(directory, "missing", "switchboard.db"))).toThrow("unable to open database file");
});

test("a database with a second name is refused, since a server under that one would have another lock", () => {
  writeFileSync(file, "");
  linkSync(file, join(directory, "data", "second.db"));
  expect(() => lock(file)).toThrow("the file has 2 names (hard links)");
  rmSync(file);
  lock(join(directory, "data", "second.db"));
});

test("a lock that cannot be written locks nothing, and is refused", async () => {
  writeFileSync(`${file}-lock`, "", { mode: 0o444 });
  if (process.getuid?.() !== 0) {
    expect(() => lock(file)).toThrow(`${file}-lock cannot be written`);
    return;
  }
  // Root may write everything, so somebody else tries.
  const nobody = 65_534;
  chmodSync(directory, 0o755);
  chownSync(join(directory, "data"), nobody, nobody);
  const { says, child } = await serverElsewhere(file, ["setpriv", `--reuid=${nobody}`, "--clear-groups"]);
  expect(says).toContain(`${file}-lock cannot be written`);
  child.kill("SIGKILL");
});

test("the lock leaves one small file beside the database", () => {
  lock(file);
  expect(readdirSync(join(directory, "data")).sort()).toEqual(["switchboard.db", "switchboard.db-lock"]);
});
