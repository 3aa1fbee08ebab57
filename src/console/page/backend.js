import { ask } from "./server.js";

/** Posts an event as a backend does; the list of frames shows it and the answer. Throws `Refused`. */
export async function postEvent(contract, event, frames) {
  frames.add("note", `a backend posts: ${JSON.stringify(event)}`);
  const answer = await ask("POST", `/${contract.name}/events`, event);
  frames.add("note", `the server answers: ${JSON.stringify(answer)}`);
}
