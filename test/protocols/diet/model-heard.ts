import type { Frame } from "../../support/client.ts";

/** What somebody may hear, and must unless it is optional. */
export interface Heard {
  readonly what: string;
  readonly optional: boolean;
}

/** An event in words that can be compared: without what the server makes up. */
export function inWords(type: string, data: Frame): string {
  const { lastSeen, ...presence } = data;
  if (type === "user.presence") return `${type} ${JSON.stringify(sorted(presence))}`;
  if (type !== "notification" || data["category"] !== "social") {
    return `${type} ${JSON.stringify(sorted(data))}`;
  }
  return `mention of ${data["userId"]}: ${data["message"]}`;
}

/** Fields in the order of their names, at all depths. */
function sorted(data: unknown): unknown {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return data;
  const fields = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, value]) => [name, sorted(value)]));
}

/** As often as expected, and in that order: but for presence, which is told in its own. */
export function check(heard: readonly string[], expected: readonly Heard[], who: string): void {
  const left = [...heard];
  const found: string[] = [];
  for (const { optional, what } of expected) {
    const at = left.indexOf(what);
    if (at >= 0) found.push(...left.splice(at, 1));
    else if (!optional) throw new Error(`${who} does not hear: ${what}\nbut: ${heard.join("\n")}`);
  }
  if (left.length > 0) throw new Error(`${who} hears what is not for him, or twice: ${left.join("\n")}`);
  const inOrder = (all: readonly string[]) =>
    all.filter((what) => !what.startsWith("user.presence")).join("\n");
  if (inOrder(found) !== inOrder(heard)) {
    throw new Error(`${who} hears in the order\n${inOrder(heard)}\nand not\n${inOrder(found)}`);
  }
}
