import type { AnyProtocol, Services } from "../../src/core/protocol/protocol.ts";
import { protocols } from "../../src/protocols/all.ts";
import { FakeClock } from "./fake-clock.ts";

/** Stands for what a protocol gets and does not need before the first message. */
const nothing: () => unknown = new Proxy(() => nothing, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 1 : nothing),
});

// biome-ignore lint/suspicious/noExplicitAny: as in the type of their factories.
type AnyServices = Services<any, any, any>;

/**
 * Every protocol, without a server around it: for tests that go over all kinds of messages there are. Only what
 * it is (its messages, events, rules, paths) may be looked at.
 */
export function builtProtocols(): AnyProtocol[] {
  const settings = new Proxy(
    { path: "/ws", maxContentLength: 10_000, messagesPerMinute: 100 } as AnyServices["settings"],
    {
      get: (known, key) => Reflect.get(known, key) ?? nothing,
    },
  );
  const known = { settings, clock: new FakeClock() };
  const services = new Proxy({} as AnyServices, { get: (_, key) => Reflect.get(known, key) ?? nothing });
  return Object.values(protocols).map((factory) => factory(services));
}

export function builtProtocol(name: string): AnyProtocol {
  const found = builtProtocols().find((protocol) => protocol.name === name);
  if (!found) throw new Error(`there is no protocol ${name}`);
  return found;
}
