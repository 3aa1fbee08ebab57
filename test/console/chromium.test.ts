import { expect, test } from "bun:test";

/** What becomes of a test run that finds no Chromium. */
async function without(env: Record<string, string>) {
  const source =
    'const { hasBrowser } = await import("./test/support/chromium.ts"); console.log(hasBrowser);';
  const child = Bun.spawn([process.execPath, "-e", source], {
    env: { PATH: process.env["PATH"] ?? "", CHROMIUM: "/nowhere/chromium", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { out: out.trim(), err, code: await child.exited };
}

test("without Chromium the tests in a browser are skipped, and it says so", async () => {
  const { out, err } = await without({});
  expect(out).toBe("false");
  expect(err).toContain("ARE SKIPPED");
});

test("without Chromium they fail where everything must be tested", async () => {
  const { err, code } = await without({ CI: "true" });
  expect(code).toBe(1);
  expect(err).toContain("No Chromium");
});
