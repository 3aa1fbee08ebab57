import { afterEach } from "bun:test";
import { join } from "node:path";

/** Backends of the examples for the tests of a file. What is left of them ends with each test. */
export function exampleBackends() {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(() => Promise.all(ends.splice(0).map((end) => end())));
  const atEnd = (end: () => Promise<unknown>): void => void ends.push(end);

  /** Starts the backend of an example. Returns what kills it. */
  function startBackend(example: string, env: Readonly<Record<string, string>>): () => Promise<void> {
    const file = join(import.meta.dir, "../../examples", example, "backend.ts");
    const child = Bun.spawn([process.execPath, "run", file], {
      env: { ...process.env, ...env },
      stdout: "ignore",
      stderr: "inherit",
    });
    const kill = async () => {
      child.kill("SIGKILL");
      await child.exited;
    };
    atEnd(kill);
    return kill;
  }

  return { atEnd, startBackend };
}
