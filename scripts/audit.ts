// Fails when a package that the server runs with has an advisory of high or critical severity. A registry that cannot
// be asked is no reason to fail, and is said so that nobody takes it for a clean bill.

import { z } from "zod";

const advisories = z.record(
  z.string(),
  z.array(z.object({ title: z.string(), severity: z.string(), url: z.string() })),
);
/** Milliseconds. */
const PATIENCE = 60_000;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const audit = Bun.spawn([process.execPath, "audit", "--production", "--audit-level=high", "--json"], {
  cwd: `${import.meta.dir}/..`,
  stdout: "pipe",
  stderr: "pipe",
  timeout: PATIENCE,
});
const [code, output, errors] = await Promise.all([
  audit.exited,
  new Response(audit.stdout).text(),
  new Response(audit.stderr).text(),
]);
const found = advisories.safeParse(parsed(output));

if (code === 0) console.log("no advisories of high or critical severity");
else if (found.success) {
  for (const [name, all] of Object.entries(found.data)) {
    for (const { severity, title, url } of all) console.error(`${name}: ${severity}: ${title} (${url})`);
  }
  process.exit(1);
} else {
  const why = errors.match(/^error: .*/m)?.[0] ?? `it ended with ${code}`;
  console.error(
    `\n!!! NOT AUDITED: the registry could not be asked for advisories (${why}). Try again. !!!\n`,
  );
}
