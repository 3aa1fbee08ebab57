/** The API key. It is kept in this variable and nowhere else. */
let key;
/** The page needs these before its first request. */
export const settings = await (await fetch("/console/settings.json")).json();

/** Outside production, /dev has the routes that the page needs, without a key. */
const base = settings.production ? "/v1" : "/dev";

export class Refused extends Error {
  constructor(status, problem) {
    const errors = (problem?.errors ?? []).map(({ path, message }) => `${path} ${message}`);
    super([problem?.detail ?? `The server answered ${status}`, ...errors].join(". "));
    this.status = status;
    /** After a 410: the position after which nothing is missing. */
    this.oldest = problem?.oldest;
  }
}

const credentials = () => (key === undefined ? {} : { authorization: `Bearer ${key}` });

async function request(method, url, body) {
  const answer = await fetch(url, {
    method,
    headers: { ...credentials(), ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new Refused(answer.status, json);
  return json;
}

/** Resolves to the JSON of the answer; throws `Refused`. */
export const ask = (method, path, body) => request(method, base + path, body);

/** The same for a route that needs an API key outside production too. */
export const askAsBackend = (method, path, body) => request(method, `/v1${path}`, body);

/** Resolves to a reader of the feed as Server-Sent Events; throws `Refused`. */
export async function openFeed(query, signal) {
  const root = key === undefined ? base : "/v1";
  const headers = { ...credentials(), accept: "text/event-stream" };
  const answer = await fetch(`${root}/feed?${query}`, { headers, signal });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => undefined));
  return answer.body.getReader();
}

export const hasKey = () => key !== undefined;

/** The fields for an API key share one key. In production they are hidden, because the page has a key already. */
export function watchKeyBoxes(changed) {
  const boxes = [...document.querySelectorAll("[data-key]")];
  for (const box of boxes) {
    box.closest(".keyed").hidden = settings.production;
    box.addEventListener("change", () => {
      for (const one of boxes) one.value = box.value;
      key = box.value.trim() || undefined;
      changed();
    });
  }
}

/** Keeps the key once the server has accepted it; throws `Refused`. */
export async function unlock(given) {
  key = given;
  try {
    await ask("GET", "/metrics");
  } catch (error) {
    key = undefined;
    throw error;
  }
}

/** Resolves to a token of this user, or to undefined if the server makes none. */
export async function makeToken({ user, name, rooms, roles }) {
  if (!settings.makesTokens) return undefined;
  return (await ask("POST", "/token", { user, ...(name && { name }), rooms, roles })).token;
}
