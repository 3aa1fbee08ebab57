/** Schemes of web pages; others, such as `capacitor:`, are those of apps. */
const WEB = new Set(["http:", "https:"]);
const OTHER_APP = /^[a-z][a-z\d+.-]*:\/\/[\w.-]+(?::\d+)?$/;
/** Pages of these have the origin `null`, or none. */
const WITHOUT_ORIGIN = new Set(["file:", "ws:", "wss:", "ftp:", "data:", "blob:", "javascript:", "about:"]);
const WILDCARD = "*.";

/**
 * An entry of ALLOWED_ORIGINS as browsers write it in the header `Origin`: `HTTPS://App.Example:443/` is
 * `https://app.example`. A wildcard stands for one whole label, the first. Undefined for what no browser sends.
 */
export function normalOrigin(entry: string): string | undefined {
  if (entry === "*" || entry === "null") return entry;
  const url = URL.parse(entry);
  if (!url || WITHOUT_ORIGIN.has(url.protocol)) return undefined;
  if (!WEB.has(url.protocol)) {
    const origin = entry.toLowerCase().replace(/\/$/, "");
    return OTHER_APP.test(origin) ? origin : undefined;
  }
  const { host, pathname, search, hash, username, password } = url;
  // `https:app.example` and `https:///app.example` are repaired by URL.parse: too far from what was written.
  const isWritten = /^https?:\/\/[^/\\?#\s]+\/?$/i.test(entry);
  if (!isWritten || pathname !== "/" || search + hash + username + password !== "") return undefined;
  return host.includes("*") && !isWildcard(host) ? undefined : `${url.protocol}//${host}`;
}

/** `*.app.example`, and `*.localhost`; `*.com` would be the pages of everybody. */
function isWildcard(host: string): boolean {
  const rest = host.slice(WILDCARD.length);
  if (!host.startsWith(WILDCARD) || rest.includes("*")) return false;
  return rest.includes(".") || /^localhost(:\d+)?$/.test(rest);
}

/** Whether an entry of ALLOWED_ORIGINS stands for this `Origin`. */
export function matchesOrigin(allowed: string, origin: string): boolean {
  if (allowed === "*" || allowed === origin) return true;
  const at = allowed.indexOf(WILDCARD);
  if (at === -1) return false;
  const [scheme, rest] = [allowed.slice(0, at), allowed.slice(at + 1)];
  if (!origin.startsWith(scheme) || !origin.endsWith(rest)) return false;
  const label = origin.slice(scheme.length, -rest.length);
  return /^[^./:@]+$/.test(label);
}
