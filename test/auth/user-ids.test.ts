import { expect, test } from "bun:test";
import { claimsSchema } from "../../src/auth/claims.ts";

test("a user id that a URL drops is refused: nobody could revoke it", () => {
  for (const sub of [".", "..", "*"]) expect(claimsSchema.safeParse({ sub, exp: 1 }).success).toBe(false);
  for (const sub of ["...", ".a", "a.", "ada"])
    expect(claimsSchema.safeParse({ sub, exp: 1 }).success).toBe(true);
});
