import { Encryption } from "../src/protocols/diet/encryption/encryption.ts";
import { agree, createKeyPair, importPublicKey } from "../src/protocols/diet/encryption/key-agreement.ts";
import { SessionKey } from "../src/protocols/diet/encryption/session-key.ts";

// What the encryption of the diet contract costs, in µs of wall time: `bun run bench/seal.ts`.

const ROUNDS = 9;
/** Less than a key takes from a client. */
const FRAMES = 4_000;
const FRAME = `{"type":"direct.message","data":{"text":"${Array.from({ length: 50 }, (_, n) => n * 7919).join(" ")}`;
const PLAIN = `${FRAME.slice(0, 297)}"}}`;
const now = Date.now();
const client = createKeyPair();

const begin = (compression: boolean): Encryption =>
  Encryption.begin(client.publicKey, { rotationMs: 3_600_000, compression, maxPlainBytes: 65_536 });

/** Frames as a client sends them: sealed by a session key of its own, with ivs of its own. */
function fromClient({ ready }: Encryption): unknown[] {
  const secret = agree(client.privateKey, importPublicKey(Buffer.from(ready.publicKey, "base64")));
  const key = new SessionKey(ready.keyId, secret);
  return Array.from({ length: FRAMES }, () => JSON.parse(key.seal(PLAIN, now)));
}

/** Prints the median and the range of the rounds, after two to warm up. `prepare` is not timed. */
function measure<T>(name: string, times: number, prepare: () => T, work: (prepared: T, at: number) => void) {
  const rounds: number[] = [];
  for (let round = -2; round < ROUNDS; round++) {
    const prepared = prepare();
    const start = Bun.nanoseconds();
    for (let at = 0; at < times; at++) work(prepared, at);
    if (round >= 0) rounds.push((Bun.nanoseconds() - start) / times / 1_000);
  }
  const sorted = rounds.toSorted((a, b) => a - b).map((us) => us.toFixed(2));
  console.log(`${name.padEnd(32)} ${sorted[ROUNDS >> 1]} µs (${sorted[0]} to ${sorted.at(-1)})`);
}

console.log(`frames of ${PLAIN.length} bytes; median of ${ROUNDS} rounds (least to most)`);

const seal = (encryption: Encryption) => encryption.seal(PLAIN, now);
measure("seal", FRAMES, () => begin(false), seal);
measure("seal, compressed", FRAMES, () => begin(true), seal);

function prepareFrames() {
  const encryption = begin(false);
  return { encryption, frames: fromClient(encryption) };
}
measure("open", FRAMES, prepareFrames, ({ encryption, frames }, at) => encryption.open(frames[at]));

measure("begin: key pair and agreement", 500, () => false, begin);
