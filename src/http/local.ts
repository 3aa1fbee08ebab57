/** Headers that proxies add. The sender of a request with one of them is unknown. */
const FORWARDED = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
];

/** Whether a request was sent on this machine to this machine, and not through a proxy. */
export function isLocal(request: Request, address: string | undefined): boolean {
  if (address === undefined || !isLoopback(address)) return false;
  const host = URL.parse(request.url)?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  const isNamedSo = host === "localhost" || host.endsWith(".localhost") || isLoopback(host);
  return isNamedSo && !FORWARDED.some((name) => request.headers.has(name));
}

const isLoopback = (address: string): boolean =>
  address === "::1" || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
