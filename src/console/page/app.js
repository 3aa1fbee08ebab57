import { postEvent } from "./backend.js";
import { fill } from "./contracts.js";
import { loadDescription } from "./description.js";
import { createEditor } from "./editor.js";
import { byId, element } from "./element.js";
import { createFrames } from "./frames.js";
import { openLine } from "./line.js";
import { watchPresent } from "./present.js";
import { makeToken, settings, unlock } from "./server.js";
import { startTabs } from "./tabs.js";
import { themeButton } from "./theme.js";

themeButton(byId("theme"));
const frames = createFrames();
startTabs(byId("tabs"));
const [contractBox, endpointBox] = [byId("contract"), byId("endpoint")];
let description;
let line;
/** The token that the line was opened with. */
let token = "";

const contract = () => description.contracts[contractBox.selectedIndex];
const endpoint = () => contract().endpoints[endpointBox.selectedIndex];
const words = (text) => text.split(/[\s,]+/).filter((word) => word !== "");
const who = () => ({ user: byId("user").value.trim(), name: byId("name").value.trim(), token });

const client = createEditor(byId("panel-client"), {
  ...{ id: "client", what: "Message", button: "Send" },
  async send(value) {
    if (!line?.isOpen()) throw new Error("Not connected");
    line.send(typeof value === "string" ? value : JSON.stringify(value));
  },
});
const backend = createEditor(byId("panel-backend"), {
  ...{ id: "backend", what: "Event", button: "Post" },
  send: (value) => postEvent(contract(), value, frames),
});

function say(state, isGood) {
  byId("state").textContent = state;
  byId("state").classList.toggle("good", isGood);
}

function showLine() {
  const isOpen = line !== undefined;
  byId("open").disabled = isOpen;
  byId("close").disabled = !isOpen;
  for (const button of byId("steps").querySelectorAll("button")) button.disabled = !line?.isOpen();
}

function showEndpoint() {
  const { path } = endpoint();
  byId("about").textContent = contract().subprotocol ? `Subprotocol ${contract().subprotocol}.` : "";
  const steps = contract().steps.filter(({ at }) => at === undefined || at === path);
  const address = path.replace("{path}", settings.path);
  client.offer(description.messages(contract(), address, who), steps.find(({ say }) => say)?.say.type);
  byId("steps").replaceChildren(
    ...steps.map((step) =>
      element("li", {}, element("button", { type: "button", onclick: () => take(step) }, step.title)),
    ),
  );
  showLine();
}

function showContract() {
  endpointBox.replaceChildren(
    ...contract().endpoints.map(({ path }) => element("option", {}, path.replace("{path}", settings.path))),
  );
  backend.offer(description.posts(contract(), who), contract().posts[0]?.type);
  showEndpoint();
}

async function take(step) {
  byId("connect-answer").textContent = "";
  try {
    if (step.say) line?.send(JSON.stringify(fill(step.say, who())));
    else await postEvent(contract(), fill(step.post, who()), frames);
  } catch (error) {
    byId("connect-answer").textContent = error.message;
  }
}

async function open() {
  const [spoken, place] = [contract(), endpoint()];
  const given = byId("token").value.trim();
  const wishes = { rooms: words(byId("rooms").value), roles: words(byId("roles").value) };
  token = given || ((await makeToken({ ...who(), ...wishes })) ?? "");
  // Meanwhile somebody may have pressed twice, or chosen anew.
  if (line || endpoint() !== place) return;
  const at = place.path.replace("{path}", settings.path);
  say("Connecting", false);
  line = openLine(spoken, place, who(), {
    opened() {
      frames.add("note", `connected to ${at}`);
      say(`Connected: ${spoken.name} at ${at}`, true);
      showLine();
      // The button that was pressed is out of use now: on to what comes next.
      if ([document.body, byId("open")].includes(document.activeElement))
        byId("steps").querySelector("button")?.focus();
    },
    frame: (direction, text) => frames.add(direction, text),
    closed(code, reason) {
      frames.add("note", `closed: ${code}${reason ? ` ${reason}` : ""}`);
      say(`Not connected: closed with ${code}${reason ? `, ${reason}` : ""}`, false);
      line = undefined;
      showLine();
    },
  });
  showLine();
}

byId("connect").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("connect-answer").textContent = "";
  try {
    if (!line) await open();
  } catch (error) {
    byId("connect-answer").textContent = error.message;
  }
});
byId("close").addEventListener("click", () => line?.close());
// Another contract is another line.
contractBox.addEventListener("change", () => {
  line?.close();
  showContract();
});
endpointBox.addEventListener("change", () => {
  line?.close();
  showEndpoint();
});
byId("user").addEventListener("change", showContract);

async function start() {
  description = await loadDescription();
  contractBox.replaceChildren(...description.contracts.map(({ title }) => element("option", {}, title)));
  // Tokens of production come from elsewhere.
  byId("token-part").open = !settings.makesTokens;
  showContract();
  watchPresent();
  byId("gate").hidden = true;
  byId("console").hidden = false;
}

byId("gate").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("gate-answer").textContent = "";
  try {
    await unlock(byId("key").value);
    byId("key").value = "";
    await start();
    contractBox.focus();
  } catch (error) {
    byId("gate-answer").textContent = error.message;
  }
});

if (settings.production) {
  byId("gate").hidden = false;
  byId("key").focus();
} else await start();
