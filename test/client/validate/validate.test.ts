import { expect, test } from "bun:test";
import { MessageValidator } from "../../../packages/client/src/validate/index.ts";

const typing = { userId: "u1", isTyping: true, conversationId: "dm:u1:u2" };
const message = (type: string, data: unknown) => ({
  ...{ id: "1", type, timestamp: "2026-03-02T08:30:00.000Z", data },
});

test("a right message is valid", () => {
  const result = new MessageValidator().validate(message("typing.indicator", typing));
  expect(result).toEqual({ isValid: true, errors: [] });
});

test("each wrong field is named by its path, in the server's words", () => {
  const { isValid, errors } = new MessageValidator().validate(
    message("typing.indicator", { ...typing, isTyping: "yes", userId: "" }),
  );
  expect(isValid).toBe(false);
  expect(errors.map(({ field }) => field).sort()).toEqual(["data.isTyping", "data.userId"]);
  expect(errors.find(({ field }) => field === "data.userId")?.message).toBe(
    "must be 1 to 128 visible characters",
  );
});

test("so are wrong envelopes, and types that nobody knows or that a client may not send", () => {
  const validator = new MessageValidator();
  const fields = (what: unknown) => validator.validate(what).errors.map(({ field }) => field);
  expect(fields({ ...message("typing.indicator", typing), timestamp: "today" })).toEqual(["timestamp"]);
  expect(fields(message("constructor", {}))).toEqual(["type"]);
  const granted = message("streak.update", {
    ...{ userId: "u1", streakType: "daily", currentStreak: 8, previousStreak: 7, isBroken: false },
    updatedAt: "2026-03-02T07:45:04.000Z",
  });
  expect(fields(granted)).toEqual(["type"]);
  expect(new MessageValidator({ from: "server" }).validate(granted).isValid).toBe(true);
});
