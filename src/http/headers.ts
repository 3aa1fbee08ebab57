/** Of every answer that does not say otherwise: it is data, nobody's page, and nobody's business where it was asked from. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/** The answer with its security headers. What it sets itself stays: a page has a policy of its own. */
export function withSecurityHeaders(answer: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!answer.headers.has(name)) answer.headers.set(name, value);
  }
  return answer;
}
