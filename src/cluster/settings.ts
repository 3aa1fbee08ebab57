import { createHmac } from "node:crypto";
import type { Config } from "../config.ts";

/** A fingerprint of each setting that decides who gets in, by the setting's name. */
export type Fingerprints = Readonly<Record<string, string>>;

export type ComparedSettings = Pick<
  Config,
  "JWT_SECRET" | "JWT_JWKS_URL" | "JWT_ISSUER" | "JWT_AUDIENCE" | "API_KEYS"
>;

const DIGITS = 12;

/** What nodes can tell each other of these settings without telling them. */
export function fingerprintsOf(config: ComparedSettings): Fingerprints {
  const { JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, API_KEYS } = config;
  const texts = {
    ...{ JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE },
    JWT_JWKS_URL: JWT_JWKS_URL && withoutAccount(JWT_JWKS_URL),
    API_KEYS: API_KEYS?.toSorted().join(),
  };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text = ""]) => [
      name,
      createHmac("sha256", text).update(name).digest("hex").slice(0, DIGITS),
    ]),
  );
}

/** A password may be short enough to be guessed from a fingerprint, and a node says itself when its own is wrong. */
function withoutAccount(text: string): string {
  const url = new URL(text);
  url.username = url.password = "";
  return url.href;
}

/** Which of these settings other nodes have set otherwise; undefined when all are alike. */
export function settingsWarning(
  own: Fingerprints,
  peers: Iterable<{ readonly name: string; readonly settings?: Fingerprints }>,
): string | undefined {
  const others = [...peers].sort((one, other) => (one.name < other.name ? -1 : 1));
  const differing = Object.keys(own).flatMap((setting) => {
    const where = others.filter(({ settings }) => settings && settings[setting] !== own[setting]);
    return where.length > 0 ? `${setting} (${where.map(({ name }) => name).join(", ")})` : [];
  });
  if (differing.length === 0) return undefined;
  return `settings differ from those of other nodes, and what one accepts another may refuse: ${differing.join(", ")}`;
}
