import fc from "fast-check";

/** Users and groups by number; `nth` chooses among what there is when the step is played. */
export type Word =
  | { say: "presence"; status: "online" | "away" | "busy" | "offline" }
  | { say: "activity" | "meal" | "water" | "task" | "post" | "like" }
  | { say: "request" | "accept" | "direct"; to: number }
  | { say: "read" | "read note"; nth: number }
  | { say: "join" | "leave"; group: number }
  | { say: "group"; group: number; mentions: number[] }
  | { say: "typing"; to: number; on: boolean }
  | { say: "typing in group"; group: number; on: boolean }
  /** In the name of somebody else, and what is for backends to say. */
  | { say: "forged"; as: number; kind: "direct" | "request" | "accept" | "meal" | "post" | "level" };

export type Posted =
  | { post: "note" | "level" | "meal" | "post"; to: number }
  | { post: "direct" | "friends" | "request"; from: number; to: number }
  | { post: "group"; group: number }
  | { post: "everyone" };

export type Step =
  | { do: "connect"; user: number; sealed: boolean }
  | { do: "leave"; nth: number }
  /** All in one go, so that they may meet in one turn of the server. */
  | { do: "talk"; nth: number; words: Word[] }
  /** The same, while a user connects: it comes before, after or between. */
  | { do: "connect meanwhile"; user: number; sealed: boolean; nth: number; words: Word[] }
  /** A frame of this user's that was sent before, from whichever connection. */
  | { do: "again"; nth: number; frame: number; anew: boolean }
  | { do: "seal"; nth: number }
  | { do: "post"; posted: Posted; twice: boolean }
  | { do: "member"; user: number; is: boolean }
  /** With a token of this user, in the name of another. */
  | { do: "pretend"; user: number }
  /** Five seconds pass. */
  | { do: "wait" };

export const USERS = 5;
export const GROUPS = 3;

/** Prints as what it is. */
const record = <Values>(values: { [Name in keyof Values]: fc.Arbitrary<Values[Name]> }) =>
  fc.record<Values>(values, { noNullPrototype: true });

const user = fc.nat(USERS - 1);
const group = fc.nat(GROUPS - 1);
const nth = fc.nat(9);
const say = <const Says extends string>(...says: Says[]): { say: fc.Arbitrary<Says> } => ({
  say: fc.constantFrom(...says),
});

const word: fc.Arbitrary<Word> = fc.oneof(
  {
    weight: 2,
    arbitrary: record({ ...say("presence"), status: fc.constantFrom("online", "away", "busy", "offline") }),
  },
  { weight: 3, arbitrary: record(say("activity", "meal", "water", "task", "post", "like")) },
  { weight: 6, arbitrary: record({ ...say("request", "accept", "direct", "direct"), to: user }) },
  { weight: 3, arbitrary: record({ ...say("read", "read note"), nth }) },
  { weight: 3, arbitrary: record({ ...say("join", "join", "leave"), group }) },
  { weight: 6, arbitrary: record({ ...say("group"), group, mentions: fc.array(user, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: record({ ...say("typing"), to: user, on: fc.boolean() }) },
  { weight: 1, arbitrary: record({ ...say("typing in group"), group, on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: record({
      ...say("forged"),
      as: user,
      kind: fc.constantFrom("direct", "request", "accept", "meal", "post", "level"),
    }),
  },
);

const posted: fc.Arbitrary<Posted> = fc.oneof(
  record({ post: fc.constantFrom("note", "level", "meal", "post"), to: user }),
  record({ post: fc.constantFrom("direct", "friends", "request"), from: user, to: user }),
  record({ post: fc.constant("group"), group }),
  record({ post: fc.constant("everyone") }),
);

const words = fc.array(word, { minLength: 1, maxLength: 3 });
const does = <const What extends string>(what: What): { do: fc.Arbitrary<What> } => ({
  do: fc.constant(what),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: record({ ...does("connect"), user, sealed: fc.boolean() }) },
  { weight: 2, arbitrary: record({ ...does("leave"), nth }) },
  { weight: 14, arbitrary: record({ ...does("talk"), nth, words }) },
  {
    weight: 3,
    arbitrary: record({ ...does("connect meanwhile"), user, sealed: fc.boolean(), nth, words }),
  },
  { weight: 2, arbitrary: record({ ...does("again"), nth, frame: fc.nat(30), anew: fc.boolean() }) },
  { weight: 1, arbitrary: record({ ...does("seal"), nth }) },
  { weight: 3, arbitrary: record({ ...does("post"), posted, twice: fc.boolean() }) },
  { weight: 4, arbitrary: record({ ...does("member"), user, is: fc.boolean() }) },
  { weight: 1, arbitrary: record({ ...does("pretend"), user }) },
  { weight: 1, arbitrary: record(does("wait")) },
);

const connect = record({ ...does("connect"), user, sealed: fc.boolean() });
const befriend = record({
  ...does("post"),
  posted: record({ post: fc.constant("friends" as const), from: user, to: user }),
  twice: fc.constant(false),
});

/** In the beginning some are friends, and some connect, so that there is somebody to talk and to be heard. */
export const script: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(befriend, { maxLength: 4 }),
    fc.array(connect, { minLength: 2, maxLength: 5 }),
    fc.array(step, { minLength: 1, maxLength: 40 }),
  )
  .map((parts) => parts.flat());
