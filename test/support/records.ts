import type { Frame } from "./client.ts";
import type { TestServer } from "./server.ts";

/** The server's log entries of one kind, as `connect`, `disconnect` or `refused`. */
export const recordsOf = (server: TestServer, kind: string): Frame[] =>
  server.lines.map((line): Frame => JSON.parse(line)).filter(({ msg }) => msg === kind);

/** Codes and reasons with which this user's connections have ended. */
export const endingsOf = (server: TestServer, user: string) =>
  recordsOf(server, "disconnect")
    .filter(({ userId }) => userId === user)
    .map(({ code, reason }) => ({ code, reason }));
