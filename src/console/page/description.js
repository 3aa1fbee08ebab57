/** Reads the server's description of itself: the messages of clients and the events of backends, each with a schema and an example. */
import { fill, known } from "./contracts.js";

const ISO = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;
/** The year 2020 in milliseconds since the epoch. A greater number in an example is a time. */
const TIMES_FROM = 1_577_836_800_000;

export async function loadDescription() {
  const [asyncapi, openapi] = await Promise.all(
    ["/asyncapi.json", "/openapi.json"].map(async (path) => (await fetch(path)).json()),
  );
  const { channels, operations, components } = asyncapi;
  const said = (address, name) => {
    const keys = Object.keys(channels).filter((key) => {
      const channel = channels[key];
      return channel.address === address && channel.title === name;
    });
    return keys
      .flatMap((key) => operations[`${key}.receive`].messages)
      .map(({ $ref }) => components.messages[$ref.split("/").at(-1)]);
  };

  const names = [...new Set(Object.values(channels).map(({ title }) => title))];
  const contracts = names.map((name) => {
    const own = Object.values(channels).filter(({ title }) => title === name);
    return known.find((one) => one.name === name) ?? stranger(name, own, said(own[0].address, name));
  });

  return {
    /** The contracts that the server speaks. */
    contracts,
    /** The messages that clients may send at this address, each `{ name, schema, example() }`. */
    messages(contract, address, who) {
      return said(address, contract.name).map(({ name, payload, examples }) => {
        const step = contract.steps.find(({ say }) => say?.type === name);
        const example = () =>
          step ? fill(step.say, who()) : fresh(examples[0]?.payload ?? {}, contract.names, who());
        return { name, schema: payload, example };
      });
    },
    /** The events of this contract that backends may post, with their recipients. */
    posts(contract, who) {
      const prefix = `${contract.name}.`;
      const own = Object.entries(openapi.components.schemas).filter(([key]) => key.startsWith(prefix));
      return own.map(([, { properties }]) => {
        const type = properties.type.const;
        const post = contract.posts.find((one) => one.type === type);
        const sent = Object.values(components.messages).find(
          ({ name, title }) =>
            name === type && title.startsWith(`${contract.name}:`) && title.endsWith("server"),
        );
        const frame = sent?.examples[0]?.payload ?? {};
        const data = frame.data ?? frame.payload ?? {};
        const [, target] = contract.targets.find(([start]) => type.startsWith(start));
        const example = () =>
          post
            ? fill(post, who())
            : { ...fill(target, who()), type, data: fresh(data, contract.names, who()) };
        return { name: type, schema: posted(properties), example };
      });
    },
  };
}

/** A contract that contracts.js does not list. Its channels describe how to connect. */
function stranger(name, channels, messages) {
  const [{ bindings }] = channels;
  const inQuery = bindings.ws.query?.properties?.token !== undefined;
  const auth = messages.find(({ payload }) => payload.required?.includes("token"));
  const first = { ...auth?.examples[0]?.payload, token: "{token}" };
  return {
    ...{ name, title: name },
    subprotocol: bindings.ws.headers?.properties["Sec-WebSocket-Protocol"].const,
    endpoints: channels.map(({ address }) => ({
      path: address,
      ...(inQuery && { query: { token: "{token}" } }),
    })),
    // The server closes a connection that does not authenticate soon.
    ...(!inQuery && auth && { first: "userId" in first ? { ...first, userId: "{user}" } : first }),
    ...{ steps: [], posts: [], targets: [["", { room: "" }]], names: { "<token>": "{token}" } },
  };
}

const posted = ({ type, data }) => ({
  type: "object",
  properties: {
    room: { type: "string" },
    user: { type: "string" },
    everyone: { const: true },
    type,
    data,
    id: { type: "string" },
  },
  required: ["type", "data"],
});

/** The example with the current time, this user, and the names of the first conversation. */
function fresh(example, names, who) {
  if (Array.isArray(example)) return example.map((item) => fresh(item, names, who));
  if (typeof example === "number") return example > TIMES_FROM ? Date.now() : example;
  if (typeof example === "string") {
    if (ISO.test(example)) return new Date().toISOString();
    return Object.hasOwn(names, example) ? fill(names[example], who) : example;
  }
  if (example === null || typeof example !== "object") return example;
  return Object.fromEntries(Object.entries(example).map(([key, value]) => [key, fresh(value, names, who)]));
}
