import { expect } from "bun:test";
import { encodeFrame, type FrameOptions, TEXT } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer } from "../support/server.ts";

/** A frame that a client sends, or whole lists of them. */
export type Sent = readonly [payload: string | Uint8Array, options?: FrameOptions];

/** Is answered by one text frame; no endpoint of ours says back what it hears, as the suite's peer does. */
export const ASK = '{"type":"ping"}';
/** The same with a number of bytes. */
export const askOf = (bytes: number): string => ASK.padEnd(bytes);

/** How the bytes of frames leave: together, frame by frame, or one by one. */
export const ways = ["in one chop", "in frame-wise chops", "in octet-wise chops"] as const;
export type Way = (typeof ways)[number];

/** A server whose messages may be so long, and peers that have been let in. */
export async function startStage(maxMessageBytes = 65_536) {
  const server = await startTestServer({ env: { MAX_MESSAGE_BYTES: String(maxMessageBytes) } });
  const token = await server.token("ada");
  return {
    server,
    async open(): Promise<RawSocket> {
      const peer = await RawSocket.upgrade(server.port, `/api/collaboration/ws?token=${token}`);
      await peer.hear("connected");
      return peer;
    },
    stop: () => server.stop(),
  };
}
export type Stage = Awaited<ReturnType<typeof startStage>>;

export async function send(
  peer: RawSocket,
  frames: readonly Sent[],
  way: Way = "in one chop",
): Promise<void> {
  const bytes = frames.map(([payload, options]) => encodeFrame(payload, options));
  if (way === "in one chop") peer.write(Buffer.concat(bytes));
  else if (way === "in frame-wise chops") for (const frame of bytes) await chop(peer, frame);
  else for (const octet of Buffer.concat(bytes)) await chop(peer, Buffer.from([octet]));
}

async function chop(peer: RawSocket, bytes: Uint8Array): Promise<void> {
  peer.write(bytes);
  await new Promise(setImmediate);
}

/** The message was heard: the next text is its answer. */
export async function expectAnswer(peer: RawSocket): Promise<void> {
  expect((await peer.next(TEXT)).payload.length).toBeGreaterThan(2);
}

/** The connection is failed with this code, and then ended. */
export async function expectFailed(peer: RawSocket, code: number): Promise<void> {
  expect((await peer.closing()).code).toBe(code);
  await peer.ended;
}

/** Of all that has come: the opcodes after the greeting. */
export const opcodes = (peer: RawSocket): number[] => peer.frames.slice(1).map(({ opcode }) => opcode);
