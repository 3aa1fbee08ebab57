const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** A problem, as the HTTP API answers one. */
export function problem(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify({ type: "about:blank", title: TITLES[status], status, detail });
  return new Response(body, { status, headers: { ...headers, "content-type": "application/problem+json" } });
}
