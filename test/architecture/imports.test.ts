import { describe, expect, test } from "bun:test";
import { dirname, join, relative, resolve } from "node:path";
import { Glob } from "bun";
import { cyclesOf, importCycles } from "../support/import-cycles.ts";
import { isPart, partOf, ROOT, SRC, sources } from "./parts.ts";

const EVERYONE = ["*"];

/** Which other parts each part may import. A part is a folder of `src`, or a file of its own; the client package is three. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  config: [],
  agents: ["core", "config"],
  auth: ["core", "config"],
  sources: ["core", "config"],
  storage: ["core", "config"],
  // The page that is served at `/`.
  console: [],
  feed: ["core", "config"],
  // The log that several nodes share.
  log: ["core", "config"],
  // The other nodes.
  cluster: ["core", "config"],
  // The pages that are served at `/examples/`.
  examples: [],
  http: ["core", "config", "console", "examples", "feed"],
  describe: ["core", "http"],
  metrics: ["core"],
  server: ["core", "config", "tls"],
  "file-descriptors": ["core"],
  listener: ["core", "config", "server", "tls"],
  tls: ["core", "config"],
  verify: ["core", "auth"],
  // And types of the contracts' schemas.
  client: [],
  "client/validate": ["protocols/*"],
  "client/testing": ["client"],
  // A server of a test's own.
  testing: EVERYONE,
  "protocols/all": ["core", "protocols/*"],
  "protocols/*": ["core"],
  switchboard: EVERYONE,
  commands: EVERYONE,
  main: EVERYONE,
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Of the schema of a contract, and of types only: gone when it runs. */
  readonly isSchemaTypes: boolean;
}

/** Which folders of `src/core` each of them may import: the way of a message, from top to bottom. */
const CORE_ROOMS: Record<string, readonly string[]> = {
  ports: [],
  protocol: ["ports"],
  outbound: ["protocol", "ports"],
  log: ["outbound", "protocol", "ports"],
  inbound: ["log", "outbound", "protocol", "ports"],
  live: ["inbound", "log", "outbound", "protocol", "ports"],
};

/** Every import between two parts, of types too. */
async function imports(): Promise<Import[]> {
  const found: Import[] = [];
  for await (const path of sources()) {
    const source = await Bun.file(path).text();
    const specifiers = source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']/g);
    for (const { 1: specifier = "", index } of specifiers) {
      const statement = source.slice(source.lastIndexOf(";", index) + 1, index);
      const target = resolve(dirname(path), specifier);
      const from = partOf(path);
      const to = partOf(target);
      const isSchema = /^protocols\/[^/]+\/\w+\.ts$/.test(relative(SRC, target));
      if (isPart(target) && from !== to)
        found.push({
          file: relative(ROOT, path),
          from,
          to,
          isSchemaTypes: /^\s*import type\s/.test(statement) && isSchema,
        });
    }
  }
  return found;
}

const rulesOf = (part: string): readonly string[] | undefined =>
  MAY_IMPORT[part] ?? (part.startsWith("protocols/") ? MAY_IMPORT["protocols/*"] : undefined);

function isAllowed({ from, to, isSchemaTypes }: Import): boolean {
  if (from === "client" && isSchemaTypes) return true;
  const isContract = to.startsWith("protocols/") && to !== "protocols/all";
  // A client knows the server; the server knows no client.
  const isOfServer = !isContract && !to.startsWith("client");
  return (rulesOf(from) ?? []).some((part) =>
    part === "protocols/*" ? isContract : part === to || (part === "*" && isOfServer),
  );
}

describe("the arrows between the parts of src and of the client package", () => {
  test("each part is one that the table knows", async () => {
    const parts = new Set<string>();
    for await (const file of sources()) if (!file.endsWith(".d.ts")) parts.add(partOf(file));
    expect([...parts].filter((part) => !rulesOf(part))).toEqual([]);
  });

  test("nobody imports what the table does not allow", async () => {
    const all = await imports();
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((arrow) => !isAllowed(arrow)).map(({ file, to }) => `${file} imports ${to}`)).toEqual(
      [],
    );
  });
});

test("the arrows between the folders of core run downward", async () => {
  const wrong: string[] = [];
  let arrows = 0;
  for await (const file of new Glob("*/**/*.ts").scan(join(SRC, "core"))) {
    const from = file.split("/")[0]!;
    expect(Object.keys(CORE_ROOMS)).toContain(from);
    const source = await Bun.file(join(SRC, "core", file)).text();
    for (const [, specifier = ""] of source.matchAll(/\bfrom\s*["'](\.[^"']+)["']/g)) {
      const to = relative(join(SRC, "core"), resolve(SRC, "core", dirname(file), specifier)).split("/")[0]!;
      if (to === from) continue;
      arrows++;
      if (!CORE_ROOMS[from]!.includes(to)) wrong.push(`${file} imports ${specifier}`);
    }
  }
  expect(arrows).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});

describe("cycles of imports, type imports included", () => {
  test("there are none in src, bench, scripts and the client package", async () => {
    expect(await importCycles(ROOT, ["src", "bench", "scripts", "packages/client/src"])).toEqual([]);
  });

  test("one is found, however long, and a file that two others import is none", () => {
    const graph = { a: ["b"], b: ["c", "d"], c: ["a"], d: ["e"], e: [], f: ["d"], g: ["g"] };
    expect(cyclesOf(new Map(Object.entries(graph)))).toEqual([["a", "b", "c"], ["g"]]);
  });
});
