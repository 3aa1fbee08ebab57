import { describe, expect, test } from "bun:test";
import { Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import { z } from "zod";
import type { AnyProtocol } from "../../src/core/protocol/protocol.ts";
import { type Reason, Refusal } from "../../src/core/protocol/refusal.ts";
import type { Schemas } from "../../src/core/protocol/schemas.ts";
import { asyncapi } from "../../src/describe/asyncapi.ts";
import { channelsOf } from "../../src/describe/channels.ts";
import { resumeFrames } from "../../src/describe/resuming.ts";
import { builtProtocols } from "../support/built-protocols.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const message = z.object({
  name: z.string(),
  payload: z.record(z.string(), z.unknown()),
  examples: z.array(z.object({ payload: z.record(z.string(), z.unknown()) })),
});
const link = z.object({ $ref: z.string() });
const document = z.object({
  asyncapi: z.literal("3.0.0"),
  channels: z.record(z.string(), z.object({ address: z.string(), messages: z.record(z.string(), link) })),
  operations: z.record(z.string(), z.object({ channel: link, messages: z.array(link) })),
  components: z.object({ messages: z.record(z.string(), message) }),
});
type Document = z.output<typeof document>;

const server = stopAfterAll(await startTestServer());
const text = await (await fetch(`http://127.0.0.1:${server.port}/asyncapi.json`)).text();
const served: Document = document.parse(JSON.parse(text));

const protocols = builtProtocols();
const schemasOf = (protocol: AnyProtocol): Record<"receive" | "send", Schemas> => ({
  receive: protocol.messages,
  send: { ...protocol.events, ...protocol.frames.others, ...resumeFrames },
});
const every = protocols.flatMap((protocol) =>
  Object.entries(schemasOf(protocol)).flatMap(([action, schemas]) =>
    Object.keys(schemas).map((kind) => ({
      what: `${protocol.name} ${action} ${kind}`,
      protocol,
      action,
      kind,
    })),
  ),
);
const described = (protocol: string, action: string, kind: string) =>
  Object.entries(served.components.messages).filter(
    ([key, { name }]) => key.startsWith(`${protocol}.${action}.`) && name === kind,
  );

test("the document is one that AsyncAPI's own parser takes without an error, to anybody", async () => {
  const { document, diagnostics } = await new Parser().parse(text);
  // It would like a version that is newer than the one decided on.
  expect(diagnostics.filter(({ code }) => code !== "asyncapi-latest-version")).toEqual([]);
  expect(document?.version()).toBe("3.0.0");
});

test("every kind of message, event and other frame of every contract is in it once, and nothing else", () => {
  for (const { protocol, action, kind } of every) {
    expect([kind, described(protocol.name, action, kind).length]).toEqual([kind, 1]);
  }
  expect(Object.keys(served.components.messages)).toHaveLength(every.length);
});

describe("an example", () => {
  test.each(every)("$what is there", ({ protocol, action, kind }) => {
    const [[, { examples }] = ["", { examples: [] }]] = described(protocol.name, action, kind);
    expect(examples.length).toBeGreaterThan(0);
  });

  test.each(every.filter(({ action }) => action === "receive"))(
    "$what is decoded and accepted by the contract itself",
    ({ protocol, kind }) => {
      for (const [, { examples }] of described(protocol.name, "receive", kind)) {
        for (const { payload } of examples) {
          const state = protocol.open(new URL(`ws://localhost${protocol.paths[0]}`));
          const incoming = protocol.decode(JSON.stringify(payload), state);
          expect(incoming.kind).toBe(kind);
          const schemas: Schemas = protocol.messages;
          expect(schemas[kind]?.safeParse(incoming.body).error).toBeUndefined();
        }
      }
    },
  );

  test.each(every)("$what is what its own schema describes", ({ protocol, action, kind }) => {
    for (const [, { payload: schema, examples }] of described(protocol.name, action, kind)) {
      for (const { payload } of examples) {
        const ajv = new Ajv({ validateFormats: false });
        ajv.validate(schema, payload);
        expect(ajv.errors ?? []).toEqual([]);
      }
    }
  });

  test.each(every.filter(({ action }) => action === "send"))(
    "$what holds data that the contract's own schema accepts",
    ({ protocol, kind }) => {
      const schemas: Schemas = { ...protocol.events, ...resumeFrames };
      const schema = schemas[kind] && protocol.frames.event(kind, schemas[kind]);
      const others: Schemas = protocol.frames.others;
      for (const [, { examples }] of described(protocol.name, "send", kind)) {
        for (const { payload } of examples) {
          expect((schema ?? others[kind])?.safeParse(payload).error).toBeUndefined();
        }
      }
    },
  );
});

const REASONS: Record<Reason, true> = {
  ...{ not_json: true, bad_envelope: true, unknown_kind: true, invalid: true, too_long: true },
  ...{ unauthenticated: true, auth_timeout: true, session_expired: true, too_many_connections: true },
  ...{
    forbidden: true,
    not_found: true,
    conflict: true,
    rate_limited: true,
    room_rate_limited: true,
    busy: true,
  },
  ...{ unavailable: true, backpressure: true, heartbeat_timeout: true, server_restart: true, internal: true },
};

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))("%s", (_, protocol) => {
  test.each(Object.keys(REASONS) as Reason[])("a refusal (%s) is one of the frames described", (reason) => {
    const issues = [{ path: "data", message: "must be there" }];
    const { frame } = protocol.refuse[reason](new Refusal(reason, reason, { issues, retryAfter: 5 }));
    if (frame === undefined) return;
    const { events, frames }: { events: Schemas; frames: AnyProtocol["frames"] } = protocol;
    const all = [
      ...Object.entries(events).map(([kind, data]) => frames.event(kind, data)),
      ...Object.values(frames.others),
    ];
    expect(all.filter((schema) => schema.safeParse(JSON.parse(frame)).success)).not.toEqual([]);
  });

  test("each message is on the channels of those endpoints where it may be said, and on one at least", () => {
    const channels = Object.entries(served.channels).filter(([key]) => key.startsWith(`${protocol.name}.`));
    expect(channels.map(([, { address }]) => address)).toEqual([...protocol.paths]);
    const keys = channels.flatMap(([, { messages }]) => Object.keys(messages));
    const own = Object.keys(served.components.messages).filter((key) => key.startsWith(`${protocol.name}.`));
    expect(new Set(keys)).toEqual(new Set(own));
    for (const [key, { address }] of channels) {
      const state = protocol.open(new URL(`ws://localhost${address}`));
      const sayable = Object.keys(protocol.messages).filter(
        (kind) => protocol.rules[kind]?.at?.(state) ?? true,
      );
      const said = served.operations[`${key}.receive`]?.messages ?? [];
      expect(said).toHaveLength(sayable.length);
    }
  });
});

test("a channel says what the address of an upgrade may hold, and whether a token must be there", () => {
  const query = z.object({
    properties: z.record(z.string(), z.unknown()),
    required: z.array(z.string()).optional(),
  });
  const bindings = z.object({ ws: z.object({ query: query.optional() }) });
  const channels = z.record(z.string(), z.object({ bindings })).parse(JSON.parse(text).channels);
  const told = Object.entries(channels).map(([key, { bindings }]) => {
    const { properties, required = [] } = bindings.ws.query ?? { properties: {} };
    return [key, Object.keys(properties), required];
  });
  expect(told).toEqual([
    ["gurukul.ws", ["token", "batch", "offsets", "resume"], ["token"]],
    ["hyperfocus.ws", ["token", "offsets", "resume"], []],
    ...["chat", "analytics", "collaboration"].map((name) => [
      `atomic.api.${name}.ws`,
      ["token", "contextId", "offsets", "resume"],
      [],
    ]),
    ["discord.api.ws", ["offsets", "resume"], []],
    ["diet.api.diet.ws", ["offsets", "resume"], []],
  ]);
});

test("no schema is left in parts that a reader would have to put together", () => {
  for (const { payload } of Object.values(served.components.messages)) {
    expect(payload["allOf"]).toBeUndefined();
  }
});

test("a message that is added to a contract is described without further work", () => {
  const [first] = protocols;
  if (!first) throw new Error("there is no contract");
  const added = {
    wave: z.object({ hand: z.enum(["left", "right"]) }).meta({ examples: [{ hand: "left" }] }),
  };
  const changed: AnyProtocol = { ...first, messages: { ...first.messages, ...added } };
  const { components } = document.parse(
    asyncapi(channelsOf(changed), { version: "1", host: "h", secure: true }),
  );
  const wave = components.messages[`${first.name}.receive.wave`];
  expect(wave?.name).toBe("wave");
  expect(JSON.stringify(wave?.payload)).toContain('"enum":["left","right"]');
  expect(JSON.stringify(wave?.examples)).toContain('{"hand":"left"}');
});
