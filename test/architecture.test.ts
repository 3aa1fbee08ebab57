import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { Glob } from "bun";
import { cyclesOf, importCycles } from "./support/import-cycles.ts";

const ROOT = resolve(import.meta.dir, "..");
const SRC = join(ROOT, "src");
/** The package of the clients has its parts beside those of `src`. */
const CLIENT = join(ROOT, "packages/client/src");
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

/** The part that a file belongs to: `core`, `config`, `protocols/all`, `protocols/gurukul`, `client/testing`. */
function partOf(file: string): string {
  const inClient = relative(CLIENT, file);
  if (!inClient.startsWith(".."))
    return /^(validate|testing)(?=\/)/.test(inClient) ? `client/${dirname(inClient)}` : "client";
  return /^(protocols\/[^/.]+|[^/.]+)/.exec(relative(SRC, file))?.[0] ?? "";
}

/** Every source file that the table is about. */
async function* sources(): AsyncGenerator<string> {
  for (const folder of [SRC, CLIENT]) {
    for await (const file of new Glob("**/*.{ts,tsx}").scan(folder)) yield join(folder, file);
  }
}

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

const isPart = (path: string): boolean => [SRC, CLIENT].some((folder) => path.startsWith(`${folder}/`));

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

test("one server alone loads nothing of a cluster", async () => {
  const loaded: string[] = [];
  let dynamic = 0;
  for await (const file of sources()) {
    if (["log", "cluster"].includes(partOf(file))) continue;
    const source = await Bun.file(file).text();
    for (const [statement, specifier = ""] of source.matchAll(
      /(?:\bimport\s[^;]*?\bfrom\s*|\bimport\s*\(?\s*)["'](\.[^"']+)["']/g,
    )) {
      if (!["log", "cluster"].includes(partOf(resolve(dirname(file), specifier)))) continue;
      if (/^import\s*\(/.test(statement)) dynamic++;
      else if (!/^import type\s/.test(statement)) loaded.push(`${relative(ROOT, file)}: ${specifier}`);
    }
  }
  expect(loaded).toEqual([]);
  expect(dynamic).toBeGreaterThan(0);
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

describe("a server that shares its log with no other", () => {
  test("loads no module of the log of several nodes, and not the library under it", async () => {
    const seen = new Set<string>();
    const libraries = new Set<string>();
    const visit = async (file: string): Promise<void> => {
      if (seen.has(file)) return;
      seen.add(file);
      // What is imported by a call is loaded when it is needed; types are gone when it runs.
      const statements = (await Bun.file(file).text()).matchAll(
        /^(?:import|export)\s(?!type\b)[^"';]*?["']([^"']+)["']/gm,
      );
      for (const [, specifier = ""] of statements) {
        if (!specifier.startsWith(".")) libraries.add(specifier);
        else if (specifier.endsWith(".ts")) await visit(resolve(dirname(file), specifier));
      }
    };
    await visit(join(SRC, "main.ts"));
    const parts = new Set(Array.from(seen, partOf));
    expect(parts).toContain("switchboard");
    expect(libraries).toContain("pino");
    expect([...parts].filter((part) => ["log", "cluster"].includes(part))).toEqual([]);
    expect([...libraries].filter((name) => name.startsWith("@nats-io"))).toEqual([]);
  });
});

describe("cycles of imports, type imports included", () => {
  test("there are none in src and bench", async () => {
    expect(await importCycles(ROOT, ["src", "bench"])).toEqual([]);
  });

  test("one is found, however long, and a file that two others import is none", () => {
    const graph = { a: ["b"], b: ["c", "d"], c: ["a"], d: ["e"], e: [], f: ["d"], g: ["g"] };
    expect(cyclesOf(new Map(Object.entries(graph)))).toEqual([["a", "b", "c"], ["g"]]);
  });
});

describe("without any contract's folder", () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "switchboard-house-"));
    // Tests' servers are of the contracts.
    const isContract = (path: string) => /^(protocols\/[^/.]+|testing)$/.test(relative(SRC, path));
    cpSync(SRC, join(copy, "src"), { recursive: true, filter: (path) => !isContract(path) });
    cpSync(join(ROOT, "drizzle"), join(copy, "drizzle"), { recursive: true });
    for (const file of ["package.json", "tsconfig.json"]) cpSync(join(ROOT, file), join(copy, file));
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    writeFileSync(
      join(copy, "src/protocols/all.ts"),
      'import type { ProtocolFactory } from "../core/protocol/protocol.ts";\nexport const protocols: readonly ProtocolFactory[] = [];\n',
    );
    const config = { extends: "./tsconfig.json", include: ["src"] };
    writeFileSync(join(copy, "tsconfig.src.json"), JSON.stringify(config));
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  test("the rest still type-checks", async () => {
    const tsc = Bun.spawn([process.execPath, "x", "tsc", "-p", "tsconfig.src.json"], {
      cwd: copy,
      stdout: "pipe",
    });
    expect(await new Response(tsc.stdout).text()).toBe("");
    expect(await tsc.exited).toBe(0);
  });

  test("the rest still starts and says that it lives", async () => {
    const server = Bun.spawn([process.execPath, "run", "src/main.ts"], {
      cwd: copy,
      env: { PATH: process.env["PATH"], WS_PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "error" },
      stdout: "pipe",
      stderr: "pipe",
    });
    try {
      const { value } = await server.stdout.getReader().read();
      const origin =
        /http:\/\/\S+/.exec(new TextDecoder().decode(value))?.[0] ??
        (await new Response(server.stderr).text());
      expect(await (await fetch(`${origin}/health/live`)).json()).toEqual({ status: "live" });
      expect((await fetch(`${origin}/ws`)).status).toBe(404);
    } finally {
      server.kill("SIGKILL");
    }
  });
});
