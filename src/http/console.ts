import { hash } from "node:crypto";
import { Hono } from "hono";
import { assets } from "../console/assets.ts";

/** Its own scripts, styles and sockets, and nothing else; what is text stays text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** What the page must know of its server before it asks for anything. */
export interface ConsoleSettings {
  /** Nothing is shown and no token made without an API key. */
  readonly production: boolean;
  /** Whether `POST /dev/token` is there. */
  readonly makesTokens: boolean;
  /** Where gurukul and hyperfocus listen. */
  readonly path: string;
}

/** The page at `/` and what it is made of. A browser asks each time whether its copy is still the right one. */
export function consoleRoutes(settings: ConsoleSettings, opensDev: (request: Request) => boolean): Hono {
  const app = new Hono();
  for (const [path, { type, text }] of assets) {
    const etag = `"${hash("sha256", text, "hex").slice(0, 16)}"`;
    const headers = { "cache-control": "no-cache", etag, "content-security-policy": POLICY };
    app.get(path, (c) =>
      c.req.header("if-none-match") === etag
        ? c.body(null, 304, headers)
        : c.body(text, 200, { ...headers, "content-type": type }),
    );
  }
  const withKey: ConsoleSettings = { ...settings, production: true, makesTokens: false };
  app.get("/console/settings.json", (c) =>
    c.json(opensDev(c.req.raw) ? settings : withKey, 200, { "cache-control": "no-store" }),
  );
  return app;
}
