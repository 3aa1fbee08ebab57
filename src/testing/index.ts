// The entry point `switchboard/testing`: a real server in the process of a test. It needs Bun, and these sources.
export { startTestServer, type TestServer, type TestServerOptions, type TokenOptions } from "./server.ts";
