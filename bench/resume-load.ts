/**
 * One side of `resume.ts`, told what to do by lines on stdin, answers in lines of JSON. `crowd`: clients that are cut and
 * come back. `stayed`: in each room one client that publishes and one that listens, neither of whom is ever cut.
 */
import { createInterface } from "node:readline";
import { type Resumes, type Speech, speech } from "./resume-speech.ts";
import { tokenFor } from "./token.ts";

export interface LoadOrder {
  readonly side: "crowd" | "stayed";
  readonly server: Resumes;
  readonly port: number;
  readonly rooms: number;
  readonly clients: number;
  /** Messages a second, over all rooms. */
  readonly rate: number;
}

const order: LoadOrder = JSON.parse(process.argv[2] ?? "{}");
const secret = process.env["JWT_SECRET"] ?? "";
const AT_ONCE = 256;
const LONGEST_MS = 60_000;
const tell = (what: object) => console.log(JSON.stringify(what));

class Client {
  /** Number of the last message of its room that it has heard. */
  last = 0;
  /** It has heard a number that did not follow the one before. */
  isBroken = false;
  told = 0;
  socket: WebSocket | undefined;
  readonly speech: Speech;
  onHeard: ((number: number) => void) | undefined;

  constructor(
    readonly room: string,
    readonly token: string,
  ) {
    this.speech = speech(order.server, room, token);
  }

  /** Resolves when it is in its room. */
  connect(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = new WebSocket(`ws://127.0.0.1:${order.port}${this.speech.path()}`);
    this.socket = socket;
    socket.onopen = () => {
      const hello = this.speech.hello?.();
      if (hello) socket.send(hello);
    };
    socket.onmessage = ({ data }) => {
      const text = String(data);
      const answer = this.speech.answer(text);
      if (answer === "in") resolve();
      else if (answer !== undefined) socket.send(answer);
      const number = this.speech.numberOf(text);
      if (number !== undefined) this.#heard(number);
    };
    return promise;
  }

  #heard(number: number): void {
    this.told++;
    if (this.last > 0 && number !== this.last + 1) this.isBroken = true;
    this.last = number;
    this.onHeard?.(number);
  }
}

const roomOf = (n: number) => `room-${n % order.rooms}`;
const clientsOf = (name: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const room = roomOf(n);
      return new Client(room, await tokenFor(`${name}-${n}`, `chat:${room}`, secret));
    }),
  );

/** Everybody, so many at a time: more would overflow the kernel's queue of connections, which lets them wait for seconds. */
async function enter(clients: readonly Client[]): Promise<void> {
  const coming = clients.values();
  const next = async () => {
    for (const client of coming) await client.connect();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

async function crowd(): Promise<Record<string, (argument: string) => Promise<void> | void>> {
  const clients = await clientsOf("crowd", order.clients);
  await enter(clients);
  tell({ in: clients.length });
  return {
    cut() {
      for (const { socket } of clients) {
        if (socket) socket.onmessage = null;
        socket?.terminate();
      }
      tell({ cut: clients.length });
    },
    /** As fast as the server takes them. Whole is who has heard every message up to this number. */
    async back(argument) {
      const number = Number(argument);
      const start = performance.now();
      const before = clients.reduce((sum, { told }) => sum + told, 0);
      const missed = clients.reduce((sum, { last }) => sum + Math.max(0, number - last), 0);
      const times: number[] = [];
      const whole = clients.map((client) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        client.onHeard = (heard) => {
          if (heard < number && !client.isBroken) return;
          client.onHeard = undefined;
          times.push(performance.now() - start);
          resolve();
        };
        return promise;
      });
      await enter(clients);
      const inAfter = performance.now() - start;
      await Promise.race([Promise.all(whole), Bun.sleep(LONGEST_MS)]);
      times.sort((a, b) => a - b);
      const told = clients.reduce((sum, client) => sum + client.told, 0) - before;
      const broken = clients.filter(({ isBroken }) => isBroken).length;
      tell({
        inAfter,
        whole: times.length - broken,
        broken,
        missed,
        told,
        half: times[times.length >> 1],
        all: times.at(-1),
      });
    },
  };
}

async function stayed(): Promise<Record<string, () => void>> {
  const publishers = await clientsOf("publisher", order.rooms);
  const listeners = await clientsOf("listener", order.rooms);
  const sentAt = new Map<string, number>();
  let latencies: number[] = [];
  for (const listener of listeners) {
    listener.onHeard = (number) => {
      const sent = sentAt.get(`${listener.room} ${number}`);
      sentAt.delete(`${listener.room} ${number}`);
      if (sent !== undefined) latencies.push(performance.now() - sent);
    };
  }
  for (const client of [...publishers, ...listeners]) await client.connect();
  let sent = 0;
  const start = performance.now();
  setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1_000) * order.rate);
    for (; sent < due; sent++) {
      const publisher = publishers[sent % order.rooms];
      const number = Math.floor(sent / order.rooms) + 1;
      if (!publisher) continue;
      // When it was due: a message that is sent late has waited, too.
      sentAt.set(`${publisher.room} ${number}`, start + ((sent + 1) / order.rate) * 1_000);
      publisher.socket?.send(publisher.speech.message(number));
    }
  }, 1);
  tell({ in: 2 * order.rooms });
  return {
    /** Latencies since the last time, and the number that every room has reached. */
    look() {
      const sorted = latencies.sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
      const isBroken = [...publishers, ...listeners].some((client) => client.isBroken);
      const count = sorted.length;
      tell({
        count,
        p50: at(0.5),
        p99: at(0.99),
        max: sorted.at(-1),
        isBroken,
        number: Math.floor(sent / order.rooms),
      });
      latencies = [];
    },
  };
}

const commands: Record<string, (argument: string) => Promise<void> | void> =
  order.side === "crowd" ? await crowd() : await stayed();
for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", argument = ""] = line.split(" ");
  void commands[command]?.(argument);
}
process.exit(0);
