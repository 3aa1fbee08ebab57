import { isDeepStrictEqual } from "node:util";

/** Whether this data, written as JSON, says what the JSON text of stored data says, whatever the order of its fields. */
export const isStoredAs = (data: unknown, body: string): boolean => {
  const text = JSON.stringify(data);
  return text === body || isDeepStrictEqual(JSON.parse(text), JSON.parse(body));
};

/** Whether the stored data has everything that this data has; what was filled in when it was stored does not count. */
export function isWithin(data: unknown, stored: unknown): boolean {
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return isDeepStrictEqual(data, stored);
  if (typeof stored !== "object" || stored === null) return false;
  const fields = new Map<string, unknown>(Object.entries(stored));
  return Object.entries(data).every(
    ([key, value]) => value === undefined || isWithin(value, fields.get(key)),
  );
}
