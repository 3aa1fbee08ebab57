import { expect, test } from "bun:test";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { ack, dial, error, frame, init, viewer } from "./frames.ts";

const server = stopAfterAll(await startTestServer());

test.each(["1.0.0", "1", "1.9.3", "1.0.0-beta.1", undefined])("version %p is spoken", async (version) => {
  const client = await dial(server);
  client.send({ ...init("viewer", "v"), version });
  expect((await client.next())["type"]).toBe("connection:ack");
});

test.each(["2.0.0", "0.9.0", "10.0.0", "2", "2.x"])(
  "version %p gets UNSUPPORTED_VERSION and 1008",
  async (version) => {
    for (const message of [
      { ...init("viewer", "v"), version },
      init("viewer", "v", { version }),
      // A later version may have other fields as well.
      { type: "connection:init", version, payload: null },
    ]) {
      const client = await dial(server);
      client.send(message);
      expect(await client.next()).toEqual(error("UNSUPPORTED_VERSION"));
      expect((await client.closed).code).toBe(1008);
    }
    const later = await viewer(server);
    later.send({ ...ack("g"), version });
    expect(await later.next("error")).toEqual(error("UNSUPPORTED_VERSION"));
    expect((await later.closed).code).toBe(1008);
  },
);

test.each([1, null, "", {}])("%p is no version, but a wrong field", async (version) => {
  const client = await dial(server);
  client.send({ ...init("viewer", "v"), version });
  const details = [{ path: "version", message: expect.any(String) }];
  expect(await client.next()).toEqual(error("INVALID_MESSAGE", { details }));
  client.send(init("viewer", "v"));
  expect((await client.next())["type"]).toBe("connection:ack");
});

test("everything that the server says carries version 1.0.0", async () => {
  const client = await viewer(server);
  client.send(frame("nonsense", {}));
  await client.next("error");
  for (const { version } of client.frames) expect(version).toBe("1.0.0");
});
