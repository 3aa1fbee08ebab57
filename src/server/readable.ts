/** A host and a port as a URL may have them (RFC 3986, 3.2.2). Two headers arrive as one, with a comma. */
const HOST = /^(?:(?:[\w.~!$&'()*+;=-]|%[\da-f]{2})+|\[[\da-f:.]+\])(?::(\d*))?$/i;
/** Replaces a host that no URL can have, such as `app.1`, or that an HTTP/1.0 request does not name. */
const NOBODY = "http://unnamed.invalid";

/** The beginning of the last URL. Most requests have the same one, and parsing it takes a microsecond. */
let known = "?";

/**
 * The request with a URL that can be parsed; mostly the same request. Undefined if its Host header is no host (RFC
 * 9112, 3.2) or its URL is not UTF-8: Bun would put U+FFFD in place of what was sent.
 */
export function readable(request: Request): Request | undefined {
  const { url } = request;
  const host = request.headers.get("host");
  if (host?.includes(",") || (url.includes("%") && !isUtf8(url))) return undefined;
  if (url.startsWith(known)) return request;
  const path = url.startsWith("/") ? 0 : url.indexOf("/", "https://".length);
  if (host !== null && !isHost(host)) return undefined;
  if (path > 0 && URL.canParse(url)) {
    known = url.slice(0, path + 1);
    return request;
  }
  return path === -1 ? undefined : new Request(NOBODY + url.slice(path), request);
}

function isHost(text: string): boolean {
  const [, port = ""] = HOST.exec(text) ?? [undefined, "none"];
  return Number(port) <= 65_535;
}

/** A token is not stored, and a bad one is answered in the contract's words. */
const TOKEN = /([?&]token=)[^&]*/;

function isUtf8(url: string): boolean {
  try {
    // A % that begins no escape stands for itself.
    return !decodeURIComponent(url.replace(TOKEN, "$1").replace(/%(?![\da-f]{2})/gi, "%25")).includes(
      "\ufffd",
    );
  } catch {
    return false;
  }
}
