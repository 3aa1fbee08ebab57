import { isObject } from "../../core/protocol/json.ts";
import { nameOf } from "../../core/protocol/shown.ts";
import { cleanText } from "../../core/protocol/text.ts";

/**
 * Fields that people see, and the `type` that apps give attachments. All other fields are ids, words,
 * numbers, times and links.
 */
const SHOWN = new Set([
  "achievementName",
  "achievements",
  "affectedServices",
  "authorName",
  "content",
  "currentActivity",
  "currentStep",
  "description",
  "friendName",
  "fromUserName",
  "items",
  "mealName",
  "message",
  "name",
  "suggestions",
  "taskName",
  "title",
  "type",
  "userName",
]);

/** Fields that hold nothing but what somebody wrote. */
export const TEXTS: ReadonlySet<string> = SHOWN.difference(
  new Set(["authorName", "friendName", "fromUserName", "type", "userName"]),
);

/** Names of users, by the field that holds the id of the same user. */
const NAMES = new Map([
  ["authorName", "authorId"],
  ["friendName", "friendId"],
  ["fromUserName", "fromUserId"],
  ["userName", "userId"],
]);

/** What stands for a name or a title of which markup leaves nothing: it must not be empty. */
const INSTEAD = new Map([
  ["achievementName", "Achievement"],
  ["achievements", "Achievement"],
  ["affectedServices", "Service"],
  ["items", "Item"],
  ["mealName", "Meal"],
  ["name", "file"],
  ["taskName", "Task"],
  ["title", "News"],
  ["type", "file"],
]);

/** Removes markup from the texts, so that no recipient gets a tag. */
export function cleaned<Data>(data: Data): Data;
export function cleaned(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(cleaned);
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      nameIn(data, key) ?? (SHOWN.has(key) ? clean(value, INSTEAD.get(key)) : cleaned(value)),
    ]),
  );
}

function nameIn(data: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const { [key]: name, [NAMES.get(key) ?? ""]: userId } = data;
  return typeof name === "string" && typeof userId === "string" ? nameOf({ name, userId }) : undefined;
}

function clean(value: unknown, instead = ""): unknown {
  if (typeof value === "string") return cleanText(value) || instead;
  return Array.isArray(value) ? value.map((one) => clean(one, instead)) : cleaned(value);
}
