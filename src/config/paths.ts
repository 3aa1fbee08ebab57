/** Where the contracts with paths of their own are, and single routes. */
const TAKEN: ReadonlySet<string> = new Set([
  "/api/analytics/ws",
  "/api/chat/ws",
  "/api/collaboration/ws",
  "/api/diet/ws",
  "/api/ws",
  "/asyncapi.json",
  "/docs",
  "/metrics",
  "/openapi.json",
  "/ws/health",
]);
const TAKEN_WITH_ALL_BELOW = ["/console", "/dev", "/examples", "/health", "/v1"];

/** Whether a request can have exactly this path: none has `..` or ends up at `//`. */
export const isPath = (text: string): boolean =>
  /^\/[\w\-./]*[\w\-.]$/.test(text) &&
  !text.includes("//") &&
  URL.parse(text, "http://host")?.pathname === text;

/** Whether WS_PATH may be this path: at a taken one it would hide what is there, or be hidden by it. */
export const isFreePath = (path: string): boolean =>
  !TAKEN.has(path) && !TAKEN_WITH_ALL_BELOW.some((taken) => path === taken || path.startsWith(`${taken}/`));
