import { hash } from "node:crypto";
import { Hono } from "hono";
import { assets } from "../console/assets.ts";

/** Only the page's own scripts, styles and sockets; nothing turns text into code. */
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

/** The page needs these before its first request. */
export interface ConsoleSettings {
  /** In production the page asks for an API key, shows nothing without it, and makes no tokens. */
  readonly production: boolean;
  /** Whether `POST /dev/token` exists. */
  readonly makesTokens: boolean;
  /** Whether the server is one of several nodes. */
  readonly cluster: boolean;
  /** The path where gurukul and hyperfocus listen. */
  readonly path: string;
}

/** Whether a list of entity tags has this one. A proxy that compresses makes it a weak one (RFC 9110, 13.1.2). */
const isNamed = (list = "", etag: string): boolean =>
  list.split(",").some((one) => [etag, `W/${etag}`, "*"].includes(one.trim()));

/** The page at `/` and its assets. A browser asks each time whether its copy is current. */
export function consoleRoutes(settings: ConsoleSettings, opensDev: (request: Request) => boolean): Hono {
  const app = new Hono();
  for (const [path, { type, text }] of assets) {
    const etag = `"${hash("sha256", text, "hex").slice(0, 16)}"`;
    const headers = { "cache-control": "no-cache", etag, "content-security-policy": POLICY };
    app.get(path, (c) =>
      isNamed(c.req.header("if-none-match"), etag)
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
