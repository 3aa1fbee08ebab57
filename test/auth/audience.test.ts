import { describe, expect, test } from "bun:test";
import { createTokenVerifier } from "../../src/auth/tokens.ts";
import { secret, sign, signText } from "./hs256.ts";
import { JumpingClock } from "./jumping-clock.ts";
import { rejection } from "./rejection.ts";

const clock = new JumpingClock();
const good = { sub: "ada", exp: clock.time / 1_000 + 60 };

describe("when an issuer and an audience are set", () => {
  const strict = createTokenVerifier({
    secret,
    clock,
    issuer: "https://id.example",
    audience: "switchboard",
  });
  const addressed = { ...good, iss: "https://id.example", aud: "switchboard" };

  test("a token for them is accepted, also when it is for others besides", async () => {
    expect((await strict.verify(await sign(addressed))).userId).toBe("ada");
    expect((await strict.verify(await sign({ ...addressed, aud: ["billing", "switchboard"] }))).userId).toBe(
      "ada",
    );
  });

  test.each<[claim: string, value: unknown]>([
    ["iss", undefined],
    ["iss", "https://id.example/"],
    ["iss", ["https://id.example"]],
    ["aud", undefined],
    ["aud", "Switchboard"],
    ["aud", []],
    ["aud", { switchboard: true }],
  ])("a token whose %s is %p is refused", async (claim, value) => {
    const token = await signText(JSON.stringify({ ...addressed, [claim]: value }));
    expect(await rejection(strict.verify(token))).toMatchObject({
      reason: "unauthenticated",
      cause: `ERR_JWT_CLAIM_VALIDATION_FAILED ${claim}`,
    });
  });
});
