import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ROOT, SRC } from "./parts.ts";

describe("without any contract's folder", () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "switchboard-core-"));
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
