import { describe, expect, test } from "bun:test";
import { PAGE, withTable } from "../../../scripts/diet-table.ts";
import { catalogue, isForbiddenToClients } from "../../../src/protocols/diet/catalogue.ts";
import { createMessages, type EventType, events } from "../../../src/protocols/diet/schema.ts";

const rows = Object.entries(catalogue);
const typesTo = (audience: string) => rows.filter(([, { to }]) => to === audience).map(([type]) => type);

describe("the access table", () => {
  test("has every type of the contract", () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(events).sort());
  });

  test("lets clients send what there are messages for", () => {
    const types = rows.filter(([, { from }]) => from === "client").map(([type]) => type);
    expect(types.sort()).toEqual(Object.keys(createMessages(10)).sort());
  });

  test("says of everything that a client sends whose it is", () => {
    expect(rows.filter(([, { from, user }]) => from === "client" && !user)).toEqual([]);
  });

  test("keeps health data, rewards, the coach and notifications to the user", () => {
    expect(typesTo("own").sort()).toEqual([
      "achievement.unlocked",
      "ai.coach.message",
      "ai.insight",
      "level.up",
      "meal.logged",
      "notification",
      "notification.read",
      "nutrition.goal.update",
      "streak.update",
      "task.completed",
      "task.progress",
      "task.started",
      "water.intake",
    ]);
  });

  test("shows friends nothing but presence and posts", () => {
    expect(typesTo("friends")).toEqual(["user.activity", "user.presence", "post.created", "post.liked"]);
  });

  test("keeps what two users or a group have between them there", () => {
    expect(typesTo("both")).toEqual(["friend.request", "friend.accepted", "direct.message", "message.read"]);
    expect(typesTo("conversation")).toEqual(["typing.indicator"]);
    expect(typesTo("group")).toEqual(["group.message", "group.member.joined", "group.member.left"]);
  });

  test("shows everyone nothing but the state of the system", () => {
    expect(typesTo("everyone")).toEqual(["system.status", "maintenance"]);
  });

  test("tells what clients may not send from what is no type at all", () => {
    const refused = Object.keys(catalogue).filter(isForbiddenToClients);
    const forBackends: EventType[] = [
      "task.completed",
      "nutrition.goal.update",
      "achievement.unlocked",
      "level.up",
      "streak.update",
      "ai.insight",
      "notification",
      "system.status",
      "maintenance",
      "error",
      "rate_limit_exceeded",
      "reconnect",
    ];
    expect(refused).toEqual(forBackends);
    for (const type of ["constructor", "__proto__", "toString", "", "auth"])
      expect(isForbiddenToClients(type)).toBe(false);
  });
});

describe("the table in docs/diet.md", () => {
  test("is that of the source; otherwise run `bun run scripts/diet-table.ts`", async () => {
    const page = await Bun.file(PAGE).text();
    expect(page, "docs/diet.md is behind: bun run scripts/diet-table.ts").toBe(withTable(page));
  });

  test("is not written into a page that has lost its marks", () => {
    expect(() => withTable("# diet\n")).toThrow("has lost the marks of its table");
  });
});
