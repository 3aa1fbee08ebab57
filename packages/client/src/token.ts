/** A token, or a function that returns one, called before each attempt to connect. */
export type Token = string | (() => string | Promise<string>);

export type Claims = Readonly<Record<string, unknown>>;

/** The claims of a JWT, unverified: the server decides. */
export function claimsOf(token: string | undefined): Claims {
  try {
    const claims = String(token).split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(claims), (one) => one.charCodeAt(0));
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}
