/**
 * Whether a browser's `Origin` is the server that it asks, so that the page is the server's own. By host and port alone:
 * behind a proxy that ends TLS the scheme is not known here.
 */
export function isOwnOrigin(origin: string, request: URL): boolean {
  return URL.parse(origin)?.host === request.host;
}
