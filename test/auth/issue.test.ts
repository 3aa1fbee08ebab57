import { describe, expect, test } from "bun:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { issueToken, type TokenOrder } from "../../src/auth/issue.ts";
import { createTokenVerifier } from "../../src/auth/tokens.ts";
import { ConfigError } from "../../src/config.ts";
import { JumpingClock } from "./jumping-clock.ts";
import { rejection } from "./rejection.ts";

const clock = new JumpingClock();
const secret = "an-hs256-secret-that-nobody-else-knows";
const issue = (more: Partial<TokenOrder> = {}) =>
  issueToken({ secret, clock, userId: "ada", rooms: ["*"], roles: [], ttl: "1h", ...more });

async function complaint(more: Partial<TokenOrder>): Promise<string> {
  const error = await issue(more).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error("no ConfigError");
  return error.message;
}

describe("an issued token", () => {
  test("is accepted by the verifier, with all it was given", async () => {
    const addressed = { issuer: "https://id.example", audience: "switchboard" };
    const token = await issue({
      ...addressed,
      name: "Ada Lovelace",
      rooms: ["chat:1", "guild:*"],
      roles: ["moderator"],
    });
    const identity = await createTokenVerifier({ secret, clock, ...addressed }).verify(token);
    expect(identity).toMatchObject({
      userId: "ada",
      name: "Ada Lovelace",
      grants: ["chat:1", "guild:*"],
      roles: ["moderator"],
      issuedAt: clock.time,
      expiresAt: clock.time + 3_600_000,
    });
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT" });
  });

  test("has no name, issuer or audience when none is given", async () => {
    const claims = decodeJwt(await issue());
    expect(Object.keys(claims).sort()).toEqual(["exp", "iat", "roles", "rooms", "sub"]);
  });

  test.each([
    ["90s", 90],
    ["30m", 1_800],
    ["1h", 3_600],
    ["7d", 604_800],
    ["9999999s", 9_999_999],
  ])("that is good for %s ends %d seconds from now", async (ttl, seconds) => {
    const verifier = createTokenVerifier({ secret, clock });
    const { issuedAt, expiresAt } = await verifier.verify(await issue({ ttl }));
    expect(expiresAt - issuedAt).toBe(seconds * 1_000);
  });

  test("is refused once its time is over", async () => {
    const later = new JumpingClock();
    later.time += 92_000;
    const verifier = createTokenVerifier({ secret, clock: later });
    expect((await rejection(verifier.verify(await issue({ ttl: "90s" })))).cause).toBe("ERR_JWT_EXPIRED");
  });
});

describe("no token is issued", () => {
  test("for longer than a verifier takes", () => {
    expect(issue({ ttl: "9999999d" })).rejects.toThrow("ttl: must end before the year 5138");
  });

  test.each([
    "",
    "1",
    "h",
    "0s",
    "00d",
    "-1h",
    "1.5h",
    "1e3s",
    "1 h",
    " 1h",
    "1h\n",
    "1H",
    "1w",
    "1h30m",
    "١h",
    "10000000s",
    "toString",
  ])("for the time %j", async (ttl) => {
    expect(await complaint({ ttl })).toBe(
      "ttl: must be a number from 1 to 9999999 and a unit (s, m, h or d), such as 90s, 30m, 1h or 7d",
    );
  });

  test("for a user id or a room that the verifier would refuse", async () => {
    expect(await complaint({ userId: "ada lovelace", rooms: ["a:1", "r".repeat(257)] })).toBe(
      "sub: must be 1 to 128 visible characters, without spaces or control characters\n" +
        "rooms.1: must be 256 characters or less",
    );
  });

  test("that is longer than the verifier would read", async () => {
    const rooms = Array.from({ length: 1_000 }, (_, index) => `chat:a-rather-long-name-${index}`);
    expect(await complaint({ rooms })).toBe(
      "token: must be 16384 characters or less: grant fewer rooms or roles",
    );
  });
});
