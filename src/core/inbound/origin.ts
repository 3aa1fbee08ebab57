const USUAL_PORT: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * Whether a browser's `Origin` is the server that it asks, so that the page is the server's own. By host and port alone:
 * behind a proxy that ends TLS the scheme is not known here.
 */
export function isOwnOrigin(origin: string, request: URL): boolean {
  const page = URL.parse(origin);
  if (!page || !/^https?:$/.test(page.protocol) || page.hostname !== request.hostname) return false;
  // Browsers leave out the usual port of their scheme, and proxies put it into `Host`.
  return page.port === request.port || (page.port === "" && request.port === USUAL_PORT[page.protocol]);
}
