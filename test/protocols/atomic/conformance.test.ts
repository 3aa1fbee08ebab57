import { expect } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { conformance } from "../conformance.ts";
import type { Samples } from "../samples.ts";
import { ANALYTICS, CHAT, COLLABORATION, enter, error, frame, message, post, say } from "./clients.ts";
import { samplesOf } from "./samples.ts";

const idOf = (room: string): string => room.replace(/^[a-z]+:/, "");
const insert = (content: string): Frame => ({ operation: "insert", position: 0, content, version: 0 });

const chat: Samples = {
  ...samplesOf(CHAT),
  room: "context:c-1",
  otherRoom: "context:c-2",

  async open(target, room, token) {
    const query = token === undefined ? "" : `&token=${encodeURIComponent(token)}`;
    const client = await target.connect(`${CHAT}?contextId=${idOf(room)}${query}`);
    if (token === undefined) client.send({ type: "ping" });
    return client;
  },
  entered: (client) => client.next("connected"),
  opening: 0,

  async publish(server, room, texts) {
    const publisher = await enter(server, CHAT, "publisher", { contextId: idOf(room) });
    for (const text of texts) say(publisher, text);
    for (const _ of texts) await publisher.next("message");
    publisher.close();
    await publisher.closed;
  },
  longest: 10_000,
  delivery: (_room, text) => message("publisher", text),
  isDelivery: ({ type }) => type === "message",
};

const analytics: Samples = {
  ...samplesOf(ANALYTICS),
  room: "context:c-1",
  otherRoom: "context:c-2",

  async open(target, room, token) {
    const client = await target.connect(ANALYTICS);
    client.send({ type: "auth", token, contextId: idOf(room) });
    client.send({ type: "subscribe", data: { metrics: ["text"] } });
    return client;
  },
  entered: (client) => client.next("metric_update"),
  opening: 2,

  async publish(server, room, texts) {
    const update = (value: string) => ({ room, type: "metric_update", data: { metric: "text", value } });
    expect((await post(server, texts.map(update))).status).toBe(200);
  },
  longest: 1_000,
  delivery: (_room, value) =>
    frame("metric_update", { metric: "text", value, timestamp: expect.any(String) }),
  isDelivery: ({ type, data }) => type === "metric_update" && data.value !== null,
};

const collaboration: Samples = {
  ...samplesOf(COLLABORATION),
  room: "session:s-1",
  otherRoom: "session:s-2",

  async open(target, room, token) {
    const query = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
    const client = await target.connect(COLLABORATION + query);
    client.send({ type: "join_session", data: { sessionId: idOf(room), role: "observer" } });
    return client;
  },
  entered: (client) => client.next("session_joined"),
  opening: 1,

  async publish(server, room, texts) {
    const token = await server.token("publisher", { rooms: [room] });
    const publisher = await server.connect(`${COLLABORATION}?token=${token}`);
    publisher.send({ type: "join_session", data: { sessionId: idOf(room), role: "participant" } });
    let { version } = (await publisher.next("session_joined"))["data"];
    // Taken out again, or the document would outgrow its limit.
    for (const text of texts) {
      publisher.send({ type: "edit", data: { ...insert(text), version } });
      const { length } = text;
      publisher.send({
        type: "edit",
        data: { operation: "delete", position: 0, length, version: version + 1 },
      });
      version += 2;
    }
    for (const _ of [...texts, ...texts]) await publisher.next("edit_ack");
    publisher.close();
    await publisher.closed;
  },
  longest: 10_000,
  delivery: (room, text) =>
    frame("edit", {
      ...insert(text),
      sessionId: idOf(room),
      version: expect.any(Number),
      author: "publisher",
      authorId: "publisher",
    }),
  isDelivery: ({ type, data }) => type === "edit" && data.operation === "insert",

  tooLong: error("frame: is too long (at most 5000 bytes)"),
  refused: { ...samplesOf(COLLABORATION).refused, room: { frame: error(expect.any(String)) } },
};

conformance("atomic's chat", chat);
conformance("atomic's analytics", analytics);
conformance("atomic's collaboration", collaboration);
