import { ask } from "./server.js";

/** Lets an event happen, as a backend would; the frame list hears what was answered. Throws `Refused`. */
export async function postEvent(contract, event, frames) {
  frames.add("note", `a backend posts: ${JSON.stringify(event)}`);
  const answer = await ask("POST", `/${contract.name}/events`, event);
  frames.add("note", `it is answered: ${JSON.stringify(answer)}`);
}
