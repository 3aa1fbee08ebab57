const PAGE =
  '<!doctype html><link rel="icon" href="data:," /><body><script type="module" src="/page.js"></script>';

/** Serves an empty page with a script that is bundled as for development, on a free port. */
export async function servePage(entry: string): Promise<Bun.Server<undefined>> {
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    target: "browser",
    define: { "process.env.NODE_ENV": '"development"' },
  });
  const script = await outputs[0]!.text();
  return Bun.serve({
    ...{ port: 0, hostname: "127.0.0.1" },
    fetch: (request) =>
      request.url.endsWith(".js")
        ? new Response(script, { headers: { "content-type": "text/javascript" } })
        : new Response(PAGE, { headers: { "content-type": "text/html" } }),
  });
}
