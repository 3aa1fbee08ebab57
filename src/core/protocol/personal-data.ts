import type { StoredEvent } from "../ports/history.ts";
import { isObject } from "./json.ts";

/** Takes the place of an erased user's id. No token may name this user. */
export const ERASED = "erased-user";
/** Takes the place of an erased user's name. */
export const ERASED_NAME = "Erased user";

/** A key of a room's state and its new value; null removes it. */
export type StateChange = readonly [key: string, value: string | null];

/** Where the events and rows of a contract name users, besides the sender of an event. */
export interface PersonalData {
  /**
   * Fields of events that hold the id of a user, or a list of ids. Each has the replacements of the fields beside it
   * that describe the same user.
   */
  readonly users: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Where an event holds the id of its author, as paths: `message.userId`. */
  readonly authors: readonly string[];
  /** Fields that are removed with the author, such as a client's own id for a message. */
  readonly authorsOwn?: readonly string[];
  /** External ids of events hold the id of the author. */
  readonly hasUserInExternalIds?: boolean;
  /** A text with the ids of several users, without this user's; undefined if it has no such id. */
  eraseFromText?(field: string, text: string, userId: string): string | undefined;
  /** One row of a room's state without this user; undefined if the row does not name them. */
  eraseState?(key: string, value: string, userId: string): readonly StateChange[] | undefined;
}

/** Whether an event is by or about the user. */
export function concerns(personal: PersonalData | undefined, event: StoredEvent, userId: string): boolean {
  if (event.sender === userId) return true;
  return personal !== undefined && without(personal, JSON.parse(event.body), userId).found;
}

/** Whether the user said what the event says, as a client or through a backend. */
export function isAuthor(personal: PersonalData | undefined, event: StoredEvent, userId: string): boolean {
  if (event.sender === userId) return true;
  if (!personal) return false;
  const data: unknown = JSON.parse(event.body);
  return personal.authors.some((path) => at(data, path.split(".")) === userId);
}

const at = (data: unknown, [field, ...rest]: readonly string[]): unknown =>
  field === undefined ? data : isObject(data) ? at(data[field], rest) : undefined;

/** The event's data without the user's id and name, as JSON text. */
export const eraseUser = (personal: PersonalData | undefined, body: string, userId: string): string =>
  personal ? JSON.stringify(without(personal, JSON.parse(body), userId).data) : body;

/** The same for an event whose author is the user. */
export function eraseAuthor(personal: PersonalData | undefined, body: string, userId: string): string {
  const own = personal?.authorsOwn ?? [];
  const kept = Object.entries(JSON.parse(body)).filter(([field]) => !own.includes(field));
  return eraseUser(personal, JSON.stringify(Object.fromEntries(kept)), userId);
}

/** The event names an erased user, so nobody knows its first content any more. */
export const isErased = ({ body }: Pick<StoredEvent, "body">): boolean => body.includes(`"${ERASED}"`);

function without(
  personal: PersonalData,
  data: unknown,
  userId: string,
): { readonly data: unknown; readonly found: boolean } {
  if (Array.isArray(data)) {
    const items = data.map((item) => without(personal, item, userId));
    return { data: items.map((item) => item.data), found: items.some(({ found }) => found) };
  }
  if (!isObject(data)) return { data, found: false };
  let found = false;
  const left: Record<string, unknown> = {};
  const instead: Record<string, string | null> = {};
  for (const [field, value] of Object.entries(data)) {
    const beside = Object.hasOwn(personal.users, field) ? personal.users[field] : undefined;
    const text = typeof value === "string" ? personal.eraseFromText?.(field, value, userId) : undefined;
    if (beside && value === userId) {
      Object.assign(instead, beside);
      left[field] = ERASED;
      found = true;
    } else if (beside && Array.isArray(value) && value.includes(userId)) {
      left[field] = value.filter((one) => one !== userId);
      found = true;
    } else if (text !== undefined) {
      left[field] = text;
      found = true;
    } else {
      const inner = without(personal, value, userId);
      left[field] = inner.data;
      found ||= inner.found;
    }
  }
  for (const [field, value] of Object.entries(instead)) if (left[field] != null) left[field] = value;
  return { data: left, found };
}
