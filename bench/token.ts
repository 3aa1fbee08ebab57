import { SignJWT } from "jose";

/** A user's token that opens one room. */
export const tokenFor = (user: string, room: string, secret: string): Promise<string> =>
  new SignJWT({ rooms: [room] })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));
