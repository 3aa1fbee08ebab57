import { expect, test } from "bun:test";
import { commandDirectory, serve } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";

const directory = commandDirectory();

test("SIGHUP ends it like SIGTERM", async () => {
  const server = await serve({ directory });
  const { code, err } = await server.end("SIGHUP");
  expect(code).toBe(0);
  expect(err).toContain('"signal":"SIGHUP"');
});

test("under nohup a terminal that closes does not end it", async () => {
  const server = await serve({ directory, through: ["nohup"] });
  process.kill(server.pid, "SIGHUP");
  expect((await fetch(`http://127.0.0.1:${server.port}/health/ready`)).status).toBe(200);
  expect((await server.end("SIGTERM")).err).not.toContain("SIGHUP");
});

test("a server whose script was killed lets go of its port and its database", async () => {
  // What `bun start` is: a process that waits for the server, and dies without a word to it.
  const script = ["sh", "-c", 'npm_lifecycle_event=start "$@" & wait', "sh"];
  const server = await serve({ directory, through: script });
  process.kill(server.pid, "SIGKILL");
  const answers = () =>
    fetch(`http://127.0.0.1:${server.port}/health/live`).then(
      () => true,
      () => false,
    );
  expect(await answers()).toBe(true);
  await eventually(async () => !(await answers()));
  const next = await serve({ directory });
  expect((await next.end("SIGTERM")).code).toBe(0);
});
