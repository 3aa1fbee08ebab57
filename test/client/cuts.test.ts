import { expect, test } from "bun:test";
import {
  ChatWebSocketClient,
  type CreateSocket,
  DietWebSocketClient,
  GurukulClient,
} from "../../packages/client/src/index.ts";
import { Random } from "../support/random.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { noRate } from "./support.ts";

const random = new Random(Random.seed());
const server = stopAfterAll(await startTestServer({ env: { ROOM_RATE_LIMIT: "0" } }));

interface Talker {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  say(content: string): Promise<unknown>;
  /** Hears every message of the conversation, its own too where the contract tells them. */
  listen(heard: (content: string) => void): void;
}
type MakeTalker = (userId: string, port: number, createSocket: CreateSocket) => Talker;

const options = (userId: string, path: string, port: number, createSocket: CreateSocket) => ({
  url: `ws://127.0.0.1:${port}${path}`,
  token: () => server.token(userId),
  reconnect: { baseDelay: 1, maxBackoff: 1 },
  rate: noRate,
  createSocket,
});

const contracts: Record<
  string,
  { readonly cuts: number; readonly hearsItself: boolean; readonly make: MakeTalker }
> = {
  atomic: {
    ...{ cuts: 500, hearsItself: true },
    make(userId, port, createSocket) {
      const client = new ChatWebSocketClient({
        ...options(userId, "/api/chat/ws", port, createSocket),
        contextId: "c",
      });
      return {
        connect: () => client.connect(),
        disconnect: () => client.disconnect(),
        say: (content) => client.send({ type: "message", data: { content } }),
        listen: (heard) => client.subscribe("message", ({ data }) => heard(data.content)),
      };
    },
  },
  gurukul: {
    ...{ cuts: 400, hearsItself: true },
    make(userId, port, createSocket) {
      const client = new GurukulClient(options(userId, "/ws", port, createSocket));
      return {
        async connect() {
          await client.connect();
          await client.join("c");
        },
        disconnect: () => client.disconnect(),
        say: (content) => client.send({ type: "message", data: { chatId: "c", content } }),
        listen: (heard) => client.subscribe("message", ({ data }) => heard(data.message.content)),
      };
    },
  },
  diet: {
    ...{ cuts: 100, hearsItself: false },
    make(userId, port, createSocket) {
      const client = new DietWebSocketClient(options(userId, "/api/diet/ws", port, createSocket));
      const toUserId = userId === "ada" ? "bob" : "ada";
      return {
        connect: () => client.connect(),
        disconnect: () => client.disconnect(),
        say: (content) =>
          client.send({
            type: "direct.message",
            data: {
              messageId: content,
              fromUserId: userId,
              toUserId,
              content,
              timestamp: "2026-03-02T08:30:00Z",
              isRead: false,
            },
          }),
        listen: (heard) => client.subscribe("direct.message", ({ data }) => heard(data.content)),
      };
    },
  },
};

/** As many as a gurukul joiner is surely told, of both together. */
const AHEAD = 20;

test.each(Object.keys(contracts))(
  "%s: however often the line is cut, each message arrives once and in its sender's order",
  async (name) => {
    const { cuts, hearsItself, make } = contracts[name]!;
    const users = ["ada", "bob"];
    const heard: Record<string, string[]> = { ada: [], bob: [] };
    let left = cuts;
    let wake = () => {};
    const talkers = await Promise.all(
      users.map(async (userId) => {
        const relay = await startRelay(server.port);
        // At any of its moments, from the first to the last.
        const maybeCut = () => {
          if (left === 0 || !random.chance(0.1)) return;
          left--;
          relay.breakOff();
        };
        const talker = make(userId, relay.port, ({ url, protocols }) => {
          const socket = new WebSocket(url, protocols);
          for (const moment of ["open", "message"]) socket.addEventListener(moment, maybeCut);
          const send = socket.send.bind(socket);
          socket.send = (frame) => {
            send(frame);
            maybeCut();
          };
          maybeCut();
          return socket;
        });
        talker.listen((content) => {
          heard[userId]?.push(content);
          wake();
        });
        return { userId, relay, talker };
      }),
    );
    const listeners = (userId: string) => (hearsItself ? users : users.filter((one) => one !== userId));
    const has = (listener: string, content: string) => heard[listener]?.includes(content) ?? false;
    const waiting = new Set<() => void>();
    wake = () => {
      for (const go of [...waiting]) go();
    };
    /** Resolves once everybody who should has heard this. */
    const isHeard = (userId: string, content: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!listeners(userId).every((listener) => has(listener, content))) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });

    await Promise.all(talkers.map(({ talker }) => talker.connect()));
    const said = await Promise.all(
      talkers.map(async ({ userId, talker }) => {
        const all: string[] = [];
        while (left > 0 || all.length < 30) {
          const content = `${userId}-${all.length}`;
          all.push(content);
          await talker.say(content);
          const behind = all.at(-AHEAD);
          if (behind !== undefined) await isHeard(userId, behind);
        }
        await isHeard(userId, all.at(-1)!);
        return { userId, all };
      }),
    );
    for (const { userId, all } of said) {
      for (const listener of listeners(userId)) {
        expect(heard[listener]?.filter((content) => content.startsWith(userId))).toEqual(all);
      }
    }
    await Promise.all(talkers.map(({ talker }) => talker.disconnect()));
    for (const { relay } of talkers) relay.stop();
  },
);
