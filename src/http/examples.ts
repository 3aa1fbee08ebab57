import { Hono } from "hono";
import { builtPages } from "../examples/built.ts";
import { Problem } from "./problem.ts";

/** Their own scripts, styles and sockets; the elements that React makes have styles of their own through the DOM. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
const missing = new Problem(
  404,
  "The example pages are not built: run `bun run build:examples` in the checkout of the server",
);
const unknown = new Problem(404, "There is no such example page: /examples/ lists them");

/** The pages of examples/pages, outside production: they ask /dev for tokens. */
export function exampleRoutes(): Hono {
  const app = new Hono();
  app.get("/examples", (c) => c.redirect("/examples/"));
  app.get("/examples/*", (c) => {
    const pages = builtPages();
    if (!pages) return missing.response();
    const path = c.req.path.slice("/examples/".length) || "index.html";
    const body = pages.get(path);
    if (!body) return unknown.response();
    // The names of the assets have a hash of what is in them.
    const cacheControl = path.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
    return c.body(body, 200, {
      "content-type": TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream",
      "cache-control": cacheControl,
      "content-security-policy": POLICY,
    });
  });
  return app;
}
