import { join } from "node:path";
import { startBrowser } from "../../test/support/chromium.ts";
import type { Example, Place } from "./kind.ts";

export const browser = await startBrowser();

/** What the page prints until it is done. */
export async function runInBrowser(folder: string, { page, output }: Example, place: Place): Promise<string> {
  const application = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/v1/")) {
        const { method, headers } = request;
        return fetch(place.origin + pathname, { method, headers, body: await request.text() });
      }
      const file = Bun.file(join(folder, pathname));
      return (await file.exists()) ? new Response(file) : new Response("no such file", { status: 404 });
    },
  });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const own = { ...place, backend: `http://127.0.0.1:${application.port}` };
    await tab.addInitScript(`globalThis.place = ${JSON.stringify(own)}`);
    let printed = "";
    const said = new Promise<void>((done) => {
      tab.on("pageerror", (error) => {
        printed += `${error}\n`;
        done();
      });
      tab.on("console", (message) => {
        if (message.text().includes("favicon") || message.text().startsWith("Failed to load")) return;
        printed += `${message.text()}\n`;
        if (printed.length >= output.length) done();
      });
    });
    await tab.goto(`http://127.0.0.1:${application.port}/${page}.html`);
    await Promise.race([said, Bun.sleep(20_000)]);
    return printed;
  } finally {
    await context.close();
    await application.stop(true);
  }
}
