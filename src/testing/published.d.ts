// The types of the entry point `switchboard/testing`. They reach no other source of the server, whose settings of
// TypeScript a project that tests against it need not have.
import type { TestServer, TestServerOptions } from "./test-server.ts";

export type { TestServer, TestServerOptions, TokenOptions } from "./test-server.ts";
/** A real server in this process, on a free port and a database of its own. Needs Bun. */
export declare function startTestServer(options?: TestServerOptions): Promise<TestServer>;
