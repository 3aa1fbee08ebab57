import { expect, test } from "bun:test";
import { Chatter } from "../../src/verify/contracts/chatter.ts";
import { Faults } from "../../src/verify/faults.ts";
import type { Harness } from "../../src/verify/harness.ts";
import type { JsonSocket, SocketEvents } from "../../src/verify/json-socket.ts";
import { Ledger } from "../../src/verify/ledger.ts";

interface Sent {
  readonly type: string;
  readonly data: { chatId: string; content: string; messageId: string };
}

/** A member of a chat on a server that is played by the test. */
async function createMember() {
  const ledger = new Ledger(new Faults());
  ledger.open("ada", "chat:1");
  const sent: Sent["data"][] = [];
  let events: SocketEvents | undefined;
  let socket = { isOpen: false };
  const harness = {
    ...{ ledger, run: "1", floodBytes: 0, count() {} },
    token: async () => "token",
    async open(_way: unknown, own: SocketEvents) {
      const isOpen = { isOpen: true };
      socket = isOpen;
      events = own;
      const send = (frame: Sent) => void (frame.type === "message" && sent.push(frame.data));
      const close = () => {
        isOpen.isOpen = false;
      };
      own.opened(Object.assign(isOpen, { send, close }) as unknown as JsonSocket);
    },
  } as unknown as Harness;
  const part = { userId: "ada", chats: ["1"], grants: ["chat:1"], batched: false, mute: false };
  const member = new Chatter(harness, part, undefined);
  const hear = (type: string, data: object) => events?.heard({ type, data });
  const joins = async () => {
    socket.isOpen = false;
    await member.connect();
    hear("chat_update", { chatId: "1", updates: { messageCount: 0 } });
  };
  await joins();
  return {
    joins,
    isConnected: () => socket.isOpen,
    /** Sends a message. Returns what is answered with it. */
    says(): () => void {
      member.send?.();
      const { content, messageId } = sent.at(-1)!;
      const message = { id: `msg-${messageId}`, userId: "ada", chatId: "1", content };
      return () => hear("message", { message });
    },
    isRefused: () => hear("error", { code: 503 }),
    states: () => Array.from(ledger.items.values(), ({ state }) => state),
  };
}

test("an error belongs to the oldest message that is not answered", async () => {
  const { says, isRefused, states } = await createMember();
  const answered = says();
  says();
  const third = says();
  answered();
  isRefused();
  third();
  expect(states()).toEqual(["confirmed", "refused", "confirmed"]);
});

test("an error after a message that was sent again and came is not taken for a later message's", async () => {
  const { says, joins, isConnected, isRefused, states } = await createMember();
  const stored = says();
  await joins();
  says();
  // The attempt of the first connection; the one of the second has waited for too long.
  stored();
  isRefused();
  expect(isConnected()).toBe(false);
  expect(states()).toEqual(["confirmed", "waiting"]);
});

test("once a later message is answered, the ones before it are", async () => {
  const { says, joins, isConnected, isRefused, states } = await createMember();
  const again = says();
  await joins();
  const answered = says();
  says();
  again();
  answered();
  isRefused();
  expect(isConnected()).toBe(true);
  expect(states()).toEqual(["confirmed", "confirmed", "refused"]);
});
