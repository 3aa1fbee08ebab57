import { expect, test } from "bun:test";
import { claimsSchema } from "../../src/auth/claims.ts";

test("a user id that a URL drops, or that nobody sees, is refused: nobody could revoke it", () => {
  for (const sub of [".", "..", "*"]) expect(claimsSchema.safeParse({ sub, exp: 1 }).success).toBe(false);
  for (const sub of ["\u3164", "\u2800", "\u034f"])
    expect(claimsSchema.safeParse({ sub, exp: 1 }).success).toBe(false);
  for (const sub of ["...", ".a", "a.", "ada"])
    expect(claimsSchema.safeParse({ sub, exp: 1 }).success).toBe(true);
});
