import { describe, expect, test } from "bun:test";
import { builtProtocols } from "../support/built-protocols.ts";
import { contractOf } from "../support/contracts.ts";
import { endpoints } from "../support/endpoints.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

describe("the samples that security and fuzz tests begin with", () => {
  test("cover every endpoint and every kind of message of every protocol", () => {
    for (const { name, paths, messages } of builtProtocols()) {
      const own = endpoints.filter(({ protocol }) => protocol === name);
      expect([...new Set(own.map(({ path }) => path))].sort()).toEqual([...paths].sort());
      const kinds = own.flatMap(({ frames }) => frames.map(({ type }) => type));
      expect([name, [...new Set(kinds)].sort()]).toEqual([name, Object.keys(messages).sort()]);
    }
  });

  test("are good: each fits its own schema", () => {
    for (const { frames, protocol, path } of endpoints) {
      const { decode, messages, open } = builtProtocols().find(({ name }) => name === protocol)!;
      const state = open(new URL(`ws://localhost${path}`));
      for (const frame of frames) {
        const { kind, body } = decode(JSON.stringify(frame), state);
        expect([kind, messages[kind].safeParse(body).error]).toEqual([kind, undefined]);
      }
    }
  });

  test.each(endpoints.map((endpoint) => [endpoint.name, endpoint] as const))(
    "%s is entered, its probe is answered, and all that comes is in the contract",
    async (_, { enter, isAnswer, probe, protocol }) => {
      const client = await enter(server, "ada");
      client.send(probe);
      await client.next(isAnswer);
      const check = contractOf(protocol);
      client.frames.forEach(check);
      expect(() => check({ type: "nonsense", data: {} })).toThrow("nonsense");
      client.close();
    },
  );
});
