import { describe, expect, test } from "bun:test";
import { forge } from "../auth/forge.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { expectProblem } from "../support/problem.ts";
import { endingsOf } from "../support/records.ts";
import { SECRET, startTestServer, stopAfterAll } from "../support/server.ts";

const clock = new FakeClock();
// So rare that no pong is a sign of life here.
const server = stopAfterAll(await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "2000000000" } }));

const user = (id: string) => server.http("GET", `/v1/users/${id}`);
const revoke = (id: string) => server.http("DELETE", `/v1/users/${id}/connections`);
const now = (): string => new Date(clock.now()).toISOString();

test("a user who was never here is unknown", async () => {
  await expectProblem(await user("nobody"), 404);
});

test("an id that no user can have is a mistake: nothing looks as if its tokens were refused", async () => {
  for (const id of ["a%20b", "*", "%00", "x".repeat(129)]) await expectProblem(await revoke(id), 400, ["id"]);
});

test("a user is online while connected, and was last active when last heard of", async () => {
  const [phone, laptop] = [await server.chat("ada"), await server.chat("ada")];
  await Promise.all([phone.drain(), laptop.drain()]);
  expect(await (await user("ada")).json()).toEqual({ id: "ada", online: true, lastActive: now() });
  clock.advance(5_000);
  await laptop.drain();
  const heard = now();
  clock.advance(5_000);
  expect(await (await user("ada")).json()).toEqual({ id: "ada", online: true, lastActive: heard });

  phone.close();
  await phone.closed;
  await eventually(() => endingsOf(server, "ada").length === 1);
  expect(await (await user("ada")).json()).toMatchObject({ online: true });
  laptop.close();
  await laptop.closed;
  await eventually(() => endingsOf(server, "ada").length === 2);
  clock.advance(5_000);
  expect(await (await user("ada")).json()).toEqual({ id: "ada", online: false, lastActive: heard });
});

test("a user whom nobody let in was not here", async () => {
  const token = await server.token("late", { ttl: "1s" });
  clock.advance(10_000);
  const client = await server.connect(`/ws?token=${token}`);
  await client.closed;
  await expectProblem(await user("late"), 404);
});

test("revoking a user ends all his connections, and only his, and his tokens", async () => {
  const token = await server.token("eve");
  const eves = [await server.connect(`/ws?token=${token}`), await server.chat("eve")];
  const bob = await server.chat("bob");
  for (const client of [...eves, bob]) await client.drain();
  clock.advance(1_000);

  const answer = await revoke("eve");
  expect([answer.status, await answer.json()]).toEqual([200, { closed: 2 }]);
  for (const client of eves) {
    expect((await client.next("error"))["data"]).toEqual({ message: "Session expired", code: 401 });
    expect(await client.closed).toMatchObject({ code: 4004 });
  }
  expect(await bob.drain()).toEqual([]);
  const again = await server.connect(`/ws?token=${token}`);
  expect((await again.next("error"))["data"]).toEqual({ message: "Authentication failed", code: 401 });
  expect(await again.closed).toMatchObject({ code: 1008 });

  clock.advance(4_000);
  const anew = await server.chat("eve");
  expect(await anew.drain()).toEqual([]);
});

test("revoking a user who is not here refuses the tokens that are out", async () => {
  const token = await server.token("away");
  clock.advance(1_000);
  expect(await (await revoke("away")).json()).toEqual({ closed: 0 });
  const client = await server.connect(`/ws?token=${token}`);
  expect(await client.closed).toMatchObject({ code: 1008 });
});

describe("revoking a user cuts every token that was made before,", () => {
  const hour = 3_600;
  const seconds = () => Math.floor(clock.now() / 1_000);
  const made = (iat: number | undefined) =>
    sign({ sub: "mallory", rooms: ["*"], exp: seconds() + 9 * hour, iat });
  const sign = (claims: object) => forge({ alg: "HS256" }, claims, SECRET);
  const enters = async (token: string) => {
    const client = await server.connect(`/ws?token=${token}`);
    return client.drain().then(
      () => true,
      () => false,
    );
  };

  test("by any issuer's clock, and none is taken that lies further ahead", async () => {
    for (const iat of [seconds() + 3, seconds() + hour, clock.now()])
      expect([iat, await enters(made(iat))]).toEqual([iat, false]);
    const tokens = [made(undefined), made(seconds() - hour), made(seconds()), made(seconds() + 2)];
    for (const token of tokens) expect(await enters(token)).toBe(true);
    await revoke("mallory");
    for (const token of tokens) expect(await enters(token)).toBe(false);
    clock.advance(4_000);
    for (const token of tokens) expect(await enters(token)).toBe(false);
    expect(await enters(made(seconds()))).toBe(true);
  });

  test("also when the clock has been set back since", async () => {
    clock.advance(4_000);
    const token = made(seconds());
    expect(await enters(token)).toBe(true);
    clock.jump(-hour * 1_000);
    await revoke("mallory");
    clock.jump(hour * 1_000);
    expect(await enters(token)).toBe(false);
  });

  test("and a later revocation by a clock that was set back takes none of that back", async () => {
    clock.advance(4_000);
    const token = made(seconds());
    expect(await enters(token)).toBe(true);
    await revoke("mallory");
    clock.jump(-hour * 1_000);
    await revoke("mallory");
    clock.jump(hour * 1_000);
    expect(await enters(token)).toBe(false);
  });
});
