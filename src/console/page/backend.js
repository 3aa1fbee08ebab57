import { ask } from "./server.js";

/** Lets an event happen, as a backend would; the frame list hears what was answered. Throws `Refused`. */
export async function postEvent(contract, event, frames) {
  frames.add("note", `posted to /v1/${contract.name}/events: ${JSON.stringify(event)}`);
  const answer = await ask("POST", `/${contract.name}/events`, event);
  frames.add("note", `answered: ${JSON.stringify(answer)}`);
}
