import { resolve } from "node:path";

export const DATABASE_URL_FORM = "a path such as file:./data/switchboard.db";

/**
 * The file that DATABASE_URL means: a path as it stands, or a `file:` URL, whose escapes such as `%20` are decoded.
 * Throws an `Error` with what it must be: nothing is taken for the name of a file that somebody meant otherwise.
 */
export function databaseFile(text: string): string {
  const isUrl = /^file:/i.test(text);
  const path = isUrl ? decoded(text.slice("file:".length)) : text;
  if (/:memory:|[?&]mode=memory/i.test(text))
    throw new Error(`${DATABASE_URL_FORM}: what is in memory alone is lost at a stop`);
  if (/[?#]/.test(text)) throw new Error(`${DATABASE_URL_FORM}, without parameters`);
  if (/^[~$]/.test(path)) throw new Error(`${DATABASE_URL_FORM}: nothing here expands ${path[0]}`);
  if (path.endsWith("/")) throw new Error(`${DATABASE_URL_FORM}: a file, not a directory`);
  if (path === "" || /^[a-z][a-z\d+.-]*:/i.test(path) || /\p{Cc}/u.test(path))
    throw new Error(DATABASE_URL_FORM);
  return resolve(path);
}

/** What follows `file:`; of a host only this machine's name is understood. */
function decoded(rest: string): string {
  const [, host, path = ""] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [];
  if (host !== undefined && !["", "localhost"].includes(host.toLowerCase()))
    throw new Error(`${DATABASE_URL_FORM}: the file cannot be on another machine`);
  try {
    return decodeURIComponent(host === undefined ? rest : path);
  } catch {
    throw new Error(`${DATABASE_URL_FORM}: a % in a URL must be written %25`);
  }
}
