/** Serves `chat.html` and gives it development tokens. `bun run examples/page.ts`, beside `bun start`. */
import { $ } from "bun";

const port = Number(process.env["PORT"] ?? 8080);
const socket = process.env["SWITCHBOARD"] ?? "ws://localhost:3001/ws";

Bun.serve({
  port,
  hostname: "localhost",
  routes: {
    "/": new Response(Bun.file(`${import.meta.dir}/chat.html`)),
    "/socket": () => Response.json(socket),
    // In an application, this is what your login does: it signs a token for whom it knows.
    "/token/:user": async ({ params }) =>
      new Response(
        (await $`bun run --silent src/main.ts token --user ${params.user} --room chat:chat-1`.text()).trim(),
      ),
  },
});
console.log(`http://localhost:${port}`);
