import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty directory for the tests of a file, which goes when they are over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "switchboard-test-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  return directory;
}
