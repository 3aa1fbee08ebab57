import { expect, test } from "bun:test";
import { AccessControl, webSocketMessageSchema } from "../../../packages/client/src/validate/index.ts";

test("access control says what the server would allow", () => {
  const access = new AccessControl({ isMember: (user, group) => user === "ada" && group === "runners" });
  expect(access.canSendMessage("ada", "direct.message")).toBe(true);
  expect(access.canSendMessage("ada", "level.up")).toBe(false);
  expect(access.canSendMessage("ada", "constructor")).toBe(false);
  expect(access.canReceiveMessage("ada", "level.up")).toBe(true);
  expect(access.canReceiveMessage("ada", "level.down")).toBe(false);
  expect(access.canJoinRoom("ada", "group:runners")).toBe(true);
  expect(access.canJoinRoom("bob", "group:runners")).toBe(false);
  expect(access.canJoinRoom("bob", "dm:ada:bob")).toBe(true);
  expect(access.canJoinRoom("cleo", "dm:ada:bob")).toBe(false);
});

test("any frame of the contract atomic passes its schema, and what is none does not", () => {
  const frame = {
    type: "error",
    id: "1",
    timestamp: "2026-03-02T08:30:00.000Z",
    error: "Rate limit exceeded",
  };
  expect(webSocketMessageSchema.parse(frame)).toEqual(frame);
  expect(webSocketMessageSchema.safeParse({ type: "message", data: {} }).success).toBe(false);
  expect(webSocketMessageSchema.safeParse("message").success).toBe(false);
});
