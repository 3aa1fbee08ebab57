/** A token, or where to get one: it is asked for before each attempt to connect. */
export type Token = string | (() => string | Promise<string>);

/** The user whom a JWT is for, as far as it can be read. What the server makes of it counts. */
export function userOf(token: string | undefined): string | undefined {
  try {
    const [, claims = ""] = (token ?? "").split(".");
    const bytes = Uint8Array.from(atob(claims.replace(/-/g, "+").replace(/_/g, "/")), (one) =>
      one.charCodeAt(0),
    );
    const { sub }: { sub?: unknown } = JSON.parse(new TextDecoder().decode(bytes));
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}
