import { expect } from "bun:test";
import { startTestServer } from "../../support/server.ts";
import type { Samples } from "../samples.ts";
import { error } from "./clients.ts";

/** What the shared suite must know of any of atomic's endpoints: how it says no. */
export const samplesOf = (path: string) =>
  ({
    answer: (client) => client.next(({ type }) => type === "pong" || type === "error"),
    say: () => ({ type: "ping" }),
    frameOf: (kind) => `{"type":"${kind}","data":{},"timestamp":"2024-01-01T00:00:00Z"}`,
    isError: ({ type }) => type === "error",
    bad: {
      notJson: error("Invalid JSON"),
      tooDeep: error("Invalid JSON"),
      binary: error("Invalid message format"),
      notAnEnvelope: error("Invalid message format"),
      unknownKind: error("Unknown message type"),
    },
    refused: {
      badToken: { frame: error("Authentication failed"), close: 1008 },
      missingToken: { frame: error("Authentication failed"), close: 1008 },
      room: { frame: error(expect.any(String)), close: 1008 },
      tooManyConnections: { frame: error("Connection limit exceeded"), close: 4008 },
      authTimeout: { frame: error("Authentication timeout"), close: 4001 },
      rate: { frame: error("Rate limit exceeded"), close: 1008 },
      expired: { frame: error("Session expired"), close: 4004 },
      revoked: { frame: error("Session expired"), close: 4004 },
      shutdown: { close: 1012 },
    },
    async unauthenticated(clock) {
      const server = await startTestServer({ clock });
      return { server, client: await server.connect(path) };
    },
    authMs: 5_000,
  }) satisfies Partial<Samples>;
