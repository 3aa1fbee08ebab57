import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";

let registry: Bun.Server<undefined> | undefined;
afterEach(() => registry?.stop(true));

const answering = (answer: () => Response): string => {
  registry = Bun.serve({ port: 0, fetch: answer });
  return registry.url.href;
};
const advisory = (severity: string) => () =>
  Response.json({
    hono: [
      {
        id: 1,
        url: "https://advisories.example/1",
        title: "Bad thing",
        severity,
        vulnerable_versions: "<99",
      },
    ],
  });

/** Runs CI's step with this registry: its exit code, and its output. */
async function audit(registry: string): Promise<{ code: number; said: string }> {
  const script = Bun.spawn([process.execPath, "run", join(import.meta.dir, "../../scripts/audit.ts")], {
    env: { ...process.env, BUN_CONFIG_REGISTRY: registry, NPM_CONFIG_REGISTRY: registry },
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = (await new Response(script.stdout).text()) + (await new Response(script.stderr).text());
  return { code: await script.exited, said };
}

test.each(["high", "critical"])("an advisory of %s severity fails, and is named", async (severity) => {
  const { code, said } = await audit(answering(advisory(severity)));
  expect(said).toContain(`hono: ${severity}: Bad thing (https://advisories.example/1)`);
  expect(code).toBe(1);
});

test("no advisories, or lesser ones, do not", async () => {
  for (const answer of [() => Response.json({}), advisory("moderate"), advisory("low")]) {
    const { code, said } = await audit(answering(answer));
    expect([code, said.trim()]).toEqual([0, "no advisories of high or critical severity"]);
    registry?.stop(true);
  }
});

test("a registry that cannot be asked does not fail, and is said loudly", async () => {
  const gone = answering(() => Response.json({}));
  registry?.stop(true);
  const { code, said } = await audit(gone);
  expect(said).toContain("NOT AUDITED");
  expect(code).toBe(0);
  expect((await audit(answering(() => new Response("", { status: 405 })))).said).toContain("NOT AUDITED");
});
