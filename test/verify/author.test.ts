import { expect, test } from "bun:test";
import { Author } from "../../src/verify/contracts/author.ts";
import { Session } from "../../src/verify/contracts/session.ts";
import { Faults } from "../../src/verify/faults.ts";
import type { Harness } from "../../src/verify/harness.ts";
import type { JsonSocket, SocketEvents } from "../../src/verify/json-socket.ts";
import { Ledger } from "../../src/verify/ledger.ts";
import { Random } from "../../src/verify/random.ts";

const ROOM = "session:1";
/** Words that an author leaves in the document before it removes its oldest. */
const WORDS = 20;

interface Edit {
  readonly id: string;
  readonly data: { operation: string; position: number; version: number; length?: number; content?: string };
}

/** An author on a server that is played by the test. */
function createAuthor() {
  const faults = new Faults();
  const ledger = new Ledger(faults);
  ledger.open("ada", ROOM);
  const sent: Edit[] = [];
  let events: SocketEvents | undefined;
  let socket: { isOpen: boolean } = { isOpen: false };
  const harness = {
    ...{ ledger, run: "1", random: new Random(1), floodBytes: 0, count() {} },
    token: async () => "token",
    async open(_way: unknown, own: SocketEvents) {
      events = own;
      socket = { isOpen: true };
      const send = (frame: Edit & { type: string }) => void (frame.type === "edit" && sent.push(frame));
      own.opened(Object.assign(socket, { send, close() {} }) as unknown as JsonSocket);
    },
  } as unknown as Harness;
  const outcome = new Map<string, boolean>();
  const author = new Author(harness, "ada", new Session(ROOM, faults), [ROOM], undefined, outcome);
  const hear = (frame: object) => events?.heard(frame);
  return {
    author,
    faults,
    sent,
    outcome,
    hear,
    async joins(content: string, version: number) {
      socket.isOpen = false;
      await author.connect();
      hear({ type: "session_joined", data: { content, version } });
    },
    /** Says a word, which the server stores at this version. */
    writes(version: number): string {
      author.send();
      const { id, data } = sent.at(-1)!;
      hear({ type: "edit_ack", id, data: { version } });
      return data.content!;
    },
  };
}

test("an author who comes to a node that is behind says nothing before it has heard all that it had seen", async () => {
  const { author, faults, sent, hear, joins, writes } = createAuthor();
  await joins("", 0);
  const placed: Edit["data"][] = [];
  for (let version = 1; version <= WORDS; version++) {
    writes(version);
    placed.push(sent.at(-1)!.data);
  }
  const [oldest] = placed;
  sent.length = 0;
  await joins("", 0);
  for (const [at, { position, content }] of placed.entries()) {
    author.send();
    expect(sent).toEqual([]);
    hear({ type: "edit", data: { version: at + 1, position, content } });
  }
  author.send();
  expect(sent.map(({ data }) => data)).toEqual([
    expect.objectContaining({ operation: "delete", length: oldest!.content!.length, version: WORDS }),
  ]);
  expect(faults.held).toBe(true);
});

test("what it had said and nobody has answered waits there too, and goes out once", async () => {
  const { author, sent, hear, joins, writes } = createAuthor();
  await joins("", 0);
  writes(1);
  const { position, content } = sent.at(-1)!.data;
  author.send();
  const { id } = sent.at(-1)!;
  sent.length = 0;
  await joins("", 0);
  expect(sent).toEqual([]);
  hear({ type: "edit", data: { version: 1, position, content } });
  expect(sent.map((one) => one.id)).toEqual([id]);
  hear({ type: "edit", data: { version: 2, position: 0, content: "x " } });
  expect(sent).toHaveLength(1);
});
