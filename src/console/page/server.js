/** What the server says of itself, and the API key, which is nowhere but here. */
let key;
export const settings = await (await fetch("/console/settings.json")).json();

/** Outside production the same is under /dev, without a key. */
const base = settings.production ? "/v1" : "/dev";

export class Refused extends Error {
  constructor(status, problem) {
    const errors = (problem?.errors ?? []).map(({ path, message }) => `${path} ${message}`);
    super([problem?.detail ?? `The server answered ${status}`, ...errors].join(". "));
    this.status = status;
  }
}

/** The JSON that the server answers; throws `Refused`. */
export async function ask(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json = await answer.json().catch(() => undefined);
  if (!answer.ok) throw new Refused(answer.status, json);
  return json;
}

/** Keeps the key once the server has taken it; throws `Refused`. */
export async function unlock(given) {
  key = given;
  try {
    await ask("GET", "/metrics");
  } catch (error) {
    key = undefined;
    throw error;
  }
}

/** A token of this user; undefined where the server makes none. */
export async function makeToken({ user, name, rooms, roles }) {
  if (!settings.makesTokens) return undefined;
  return (await ask("POST", "/token", { user, ...(name && { name }), rooms, roles })).token;
}
