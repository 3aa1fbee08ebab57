import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ProtocolFactory } from "../../src/core/protocol/protocol.ts";
import { blocksOf, ROOT } from "../docs/blocks.ts";

const FOLDER = "src/protocols/poll";

/** The contract of docs/adding-a-contract.md, made of the blocks of that page. */
export const poll: ProtocolFactory = await load();

async function load(): Promise<ProtocolFactory> {
  const copy = mkdtempSync(join(tmpdir(), "switchboard-poll-"));
  try {
    mkdirSync(join(copy, "src"));
    // Links: the poll then has the same modules of the core as everybody else.
    for (const part of ["src/core", "node_modules"]) symlinkSync(join(ROOT, part), join(copy, part));
    for (const { path, text } of await blocksOf("docs/adding-a-contract.md")) {
      if (!path?.startsWith(FOLDER)) continue;
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
    return (await import(join(copy, FOLDER, "protocol.ts"))).poll;
  } finally {
    rmSync(copy, { recursive: true });
  }
}
