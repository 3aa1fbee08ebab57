import { beforeAll, expect, test } from "bun:test";
import { Ajv } from "ajv";
import { z } from "zod";
import type { TestClient } from "../support/client.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const link = z.object({ $ref: z.string() }).transform(({ $ref }) => $ref.split("/").at(-1) ?? "");
const document = z.object({
  channels: z.record(
    z.string(),
    z.object({
      address: z.string(),
      bindings: z.object({
        ws: z.object({
          query: z.object({ properties: z.object({ token: z.unknown().optional() }) }).optional(),
          headers: z
            .object({ properties: z.object({ "Sec-WebSocket-Protocol": z.object({ const: z.string() }) }) })
            .optional(),
        }),
      }),
    }),
  ),
  operations: z.record(z.string(), z.object({ messages: z.array(link) })),
  components: z.object({
    messages: z.record(
      z.string(),
      z.object({
        name: z.string(),
        payload: z.looseObject({}),
        examples: z.array(z.object({ payload: z.unknown() })),
      }),
    ),
  }),
});

/** After it nothing is said in plain text any more. */
const LAST = "encryption.init";

let served: z.output<typeof document>;
const heard = new Map<string, TestClient>();

/** On every endpoint a client who knows nothing but the document says all that it may, then the server stops. */
const server = stopAfterAll(await startTestServer());
beforeAll(async () => {
  served = document.parse(await (await fetch(`http://127.0.0.1:${server.port}/asyncapi.json`)).json());
  for (const [channel, { address, bindings }] of Object.entries(served.channels)) {
    const { query, headers } = bindings.ws;
    const sayable = (served.operations[`${channel}.receive`]?.messages ?? []).map(
      (key) => served.components.messages[key],
    );
    sayable.sort((one, other) => Number(one?.name === LAST) - Number(other?.name === LAST));
    const frames = sayable
      .flatMap((message) => message?.examples ?? [])
      .map(({ payload }) => JSON.stringify(payload));
    const userId = /"userId":"([^"]+)"/.exec(frames.join())?.[1] ?? "u1";
    const token = await server.token(userId);
    const protocol = headers?.properties["Sec-WebSocket-Protocol"].const;
    const client = await server.connect(
      address +
        (query?.properties.token !== undefined && !frames.join().includes("<token>")
          ? `?token=${token}`
          : ""),
      protocol === undefined ? {} : { headers: { "Sec-WebSocket-Protocol": protocol } },
    );
    for (const frame of frames) client.send(frame.replace("<token>", token));
    await client.next();
    heard.set(channel, client);
  }
  // What was sent before is read before.
  await server.http("GET", "/ws/health");
  await server.shutdown();
  for (const client of heard.values()) await client.closed;
});

test("every frame that a client gets on an endpoint is one that is described for it", () => {
  expect(heard.size).toBe(Object.keys(served.channels).length);
  const ajv = new Ajv({ validateFormats: false });
  for (const [channel, { frames }] of heard) {
    const sent = served.operations[`${channel}.send`]?.messages ?? [];
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) {
      const same = sent.filter((key) =>
        ajv.validate(served.components.messages[key]?.payload ?? false, frame),
      );
      expect([channel, frame, same.length > 0]).toEqual([channel, frame, true]);
    }
  }
});
