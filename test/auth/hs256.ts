import { type JWTPayload, SignJWT } from "jose";
import { forge } from "./forge.ts";

export const secret = "an-hs256-secret-that-nobody-else-knows";
export const bytes = (text: string) => new TextEncoder().encode(text);

export const sign = (
  payload: JWTPayload,
  header: { alg: string } & Record<string, unknown> = { alg: "HS256" },
) => new SignJWT(payload).setProtectedHeader(header).sign(bytes(secret));

/** What need not be JSON. */
export const signText = (payload: string) => forge({ alg: "HS256" }, payload, secret);
