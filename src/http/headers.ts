/**
 * Headers of every answer that sets no others: an answer is data and not a page, and other sites do not learn
 * where it was requested.
 */
export const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
const ENTRIES = Object.entries(HEADERS);
const [[FIRST]] = ENTRIES as [[string, string]];
const OF_JSON = new Headers({ ...HEADERS, "content-type": "application/json" });

/** An answer that is created with its security headers: adding them later takes a microsecond. */
export const json = (value: unknown): Response => new Response(JSON.stringify(value), { headers: OF_JSON });

/** Adds the security headers. Headers that the answer sets stay: a page has a policy of its own. */
export function withSecurityHeaders(answer: Response): Response {
  const { headers } = answer;
  if (headers.has(FIRST)) return answer;
  for (const [name, value] of ENTRIES) if (!headers.has(name)) headers.set(name, value);
  return answer;
}
