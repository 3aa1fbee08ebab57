import type { Frame } from "../../support/client.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import type { TestServer } from "../../support/server.ts";
import { Model } from "./model.ts";
import { check, inWords } from "./model-heard.ts";
import type { Listener } from "./model-people.ts";
import { GROUPS, type Posted, type Step, USERS, type Word } from "./model-script.ts";
import { Session } from "./model-session.ts";
import { Words } from "./model-words.ts";

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
/** What is said after these depends on whether they have been committed. */
const TURNING = new Set(["join", "leave", "read", "read note", "accept"]);
let plays = 0;

interface Guest {
  readonly session: Session;
  readonly listener: Listener;
}

/** One play of a script, among users and groups of its own. Rejects at the first step that went otherwise than the model says. */
export async function play(server: TestServer, clock: FakeClock, script: readonly Step[]): Promise<void> {
  const stage = new Stage(server, clock, `p${++plays}`);
  try {
    await stage.openGroup();
    for (const [number, step] of script.entries()) {
      await stage.play(step).catch((error: Error) => {
        throw new Error(`step ${number} (${JSON.stringify(step)}): ${error.message}`);
      });
    }
  } finally {
    await stage.clear();
  }
}

class Stage {
  readonly #users: string[];
  readonly #groups: string[];
  readonly #model: Model;
  readonly #words: Words;
  readonly #said = new Map<string, Frame[]>();
  #guests: Guest[] = [];

  constructor(
    private readonly server: TestServer,
    private readonly clock: FakeClock,
    name: string,
  ) {
    this.#users = names(`${name}u`, USERS);
    this.#groups = names(`${name}g`, GROUPS);
    const group = (open: boolean, granted: readonly string[]) => ({
      ...{ open, granted: new Set(granted) },
      ...{ members: new Set<string>(), came: new Set<string>() },
    });
    // The first is open, the second for those whose token says so, the third for those whom the backend puts there.
    const groups = [group(true, []), group(false, this.#users.slice(0, 3)), group(false, [])];
    this.#model = new Model(this.#users, new Map(this.#groups.map((name, n) => [name, groups[n]!])));
    this.#words = new Words(name, this.#users, this.#groups, this.#model);
  }

  async openGroup(): Promise<void> {
    await this.#http("PUT", `/v1/rooms/group:${this.#groups[0]}`, { open: true });
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case "connect":
        await this.#connect(this.#users[step.user]!, step.sealed);
        break;
      case "leave":
        await this.#leave(this.#guest(step.nth));
        break;
      case "talk":
        await this.#talk(this.#guest(step.nth), step.words);
        break;
      case "connect meanwhile":
        await this.#connectMeanwhile(this.#users[step.user]!, step.sealed, this.#guest(step.nth), step.words);
        return;
      case "again":
        await this.#again(this.#guest(step.nth), step.frame, step.anew);
        break;
      case "seal":
        await this.#guest(step.nth)?.session.seal();
        break;
      case "post":
        await this.#post(step.posted, step.twice);
        break;
      case "member":
        await this.#member(this.#users[step.user]!, step.is);
        break;
      case "pretend":
        await this.#pretend(this.#users[step.user]!, this.#users[(step.user + 1) % USERS]!);
        break;
      case "wait":
        this.clock.advance(5_000);
        this.#model.fiveSecondsPass();
    }
    await this.#compare();
  }

  async clear(): Promise<void> {
    for (const { session } of this.#guests) session.close();
    await Promise.all(this.#guests.map(({ session }) => session.closed));
  }

  #guest(nth: number): Guest | undefined {
    return this.#guests[nth % this.#guests.length];
  }

  async #dial(user: string, as = user): Promise<Session | undefined> {
    const session = await Session.open(this.server, user);
    const isGranted = this.#users.indexOf(user) < 3;
    const rooms = isGranted ? [`group:${this.#groups[1]}`] : [];
    const token = await this.server.token(user, { rooms, ttl: "100d" });
    if (await session.authenticate(token, as)) return session;
    await session.closed;
    return undefined;
  }

  async #connect(user: string, sealed: boolean, listener?: Listener): Promise<void> {
    const session = await this.#dial(user);
    if (!session) throw new Error(`${user} was turned away`);
    this.#guests.push({ session, listener: listener ?? this.#model.connect(user) });
    if (sealed) await session.seal();
  }

  async #leave(guest: Guest | undefined): Promise<void> {
    if (!guest) return;
    guest.session.close();
    await guest.session.closed;
    this.#guests = this.#guests.filter((one) => one !== guest);
    this.#model.leave(guest.listener);
  }

  async #pretend(user: string, as: string): Promise<void> {
    if (await this.#dial(user, as)) throw new Error(`${user} may stay as ${as}`);
  }

  async #talk(guest: Guest | undefined, words: readonly Word[]): Promise<void> {
    if (!guest) return;
    const { userId } = guest.session;
    let frames: Frame[] = [];
    for (const word of words) {
      frames.push(this.#words.frame(word, userId));
      if (!TURNING.has(word.say)) continue;
      await this.#send(guest, frames);
      frames = [];
    }
    await this.#send(guest, frames);
  }

  async #send({ session, listener }: Guest, frames: readonly Frame[]): Promise<void> {
    const answers = await Promise.all(frames.map((frame) => session.ask(frame)));
    for (const [n, frame] of frames.entries()) {
      const expected = this.#model.say(listener, frame);
      const { data, error, success } = answers[n]!;
      const answer = success ? "ok" : error.code;
      if (answer !== expected) throw new Error(`${answer}, not ${expected}: ${JSON.stringify(frame)}`);
      const { type } = frame;
      if (success && inWords(type, data) !== this.#model.answer(type, frame["data"])) {
        throw new Error(`confirmed otherwise: ${JSON.stringify(data)}`);
      }
      const said = this.#said.get(session.userId) ?? [];
      this.#said.set(session.userId, [...said, frame]);
    }
  }

  async #again(guest: Guest | undefined, nth: number, anew: boolean): Promise<void> {
    const said = guest && this.#said.get(guest.session.userId);
    const frame = said?.[nth % said.length];
    if (!guest || !frame) return;
    // A direct message has an id of its own, by which it is known in another frame too.
    const isAnew = anew && frame["type"] === "direct.message";
    await this.#send(guest, [isAnew ? { ...frame, id: this.#words.next("frame") } : frame]);
  }

  async #post(posted: Posted, twice: boolean): Promise<void> {
    const posts = this.#words.posts(posted).map((post) => ({ ...post, id: this.#words.next("post") }));
    if (posts.length === 0) return;
    await this.#http("POST", "/v1/diet/events", posts);
    if (twice) await this.#http("POST", "/v1/diet/events", posts);
    this.#model.happens(posts[0]!.type, posts[0]!.data);
  }

  async #member(user: string, is: boolean): Promise<void> {
    const group = this.#groups[2]!;
    await this.#http(is ? "PUT" : "DELETE", `/v1/rooms/group:${group}/members/${user}`, is ? {} : undefined);
    this.#model.member(user, group, is);
  }

  async #http(method: string, path: string, body?: unknown): Promise<void> {
    const { ok, status } = await this.server.http(method, path, body);
    if (!ok && !(method === "DELETE" && status === 404)) throw new Error(`${method} ${path}: ${status}`);
  }

  /** Whether the words come before, after or between what the newcomer is told is open: what waits must come, once. */
  async #connectMeanwhile(
    user: string,
    sealed: boolean,
    talker: Guest | undefined,
    words: readonly Word[],
  ): Promise<void> {
    const listener = this.#model.connect(user);
    const isOwn = talker?.session.userId === user;
    // Whether the newcomer is in a group by then is open, and with it what mentioning and leaving come to.
    const said = words
      .filter(({ say }) => !(isOwn && say === "leave"))
      .map((word) =>
        word.say === "group"
          ? { ...word, mentions: word.mentions.filter((n) => this.#users[n] !== user) }
          : word,
      );
    await Promise.all([this.#connect(user, sealed, listener), this.#talkAfter(talker, said)]);
    const waiting = new Set(this.#model.user(user).waiting.map(({ what }) => what));
    listener.expected = listener.expected.map(({ what }) => ({ what, optional: !waiting.has(what) }));
    await this.#compare(listener);
  }

  async #talkAfter(talker: Guest | undefined, words: readonly Word[]): Promise<void> {
    // At about the time when the server looks at the newcomer's token.
    await new Promise(setImmediate);
    await this.#talk(talker, words);
  }

  /** What everybody has heard since the last time is what the model says. */
  async #compare(newcomer?: Listener): Promise<void> {
    await Promise.all(
      this.#guests.map(async ({ listener, session }) => {
        const frames = await session.events();
        const isPresence = (what: string) => what.startsWith("user.presence");
        const heard = frames.map((frame) => this.#identify(frame));
        const expected = listener.expected.splice(0);
        const isLoose = (what: string) =>
          what.startsWith("error") || (newcomer !== undefined && isPresence(what));
        check(
          heard.filter((what) => !isLoose(what)),
          expected.filter(({ what }) => !isLoose(what)),
          `${session.userId}`,
        );
      }),
    );
  }

  #identify({ type, data }: Frame): string {
    const what = inWords(type, data);
    if (type === "notification") this.#model.heard(what, data["notificationId"]);
    return what;
  }
}
