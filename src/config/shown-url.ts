/** A URL as it may be shown: the part before the host or after the path may be a secret. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  if (!url) return text;
  const hidden = url.username || url.password ? "<hidden>@" : "";
  return `${url.protocol}//${hidden}${url.host}${url.pathname}${url.search ? "?<hidden>" : ""}`;
}
