import { postEvent } from "./backend.js";
import { fill } from "./contracts.js";
import { createEditor } from "./editor.js";
import { byId, element } from "./element.js";
import { createFrames } from "./frames.js";
import { openLine } from "./line.js";
import { createResume } from "./resume.js";
import { makeToken, settings } from "./server.js";
import { startTabs } from "./tabs.js";
import { words } from "./words.js";

const CUT_SECONDS = 10;

/** One client of one contract: it connects, sends, posts as a backend would, and resumes. */
export function startConversation(description) {
  const frames = createFrames();
  startTabs(byId("tabs"));
  const [contractBox, endpointBox, resumeBox] = ["contract", "endpoint", "resume"].map(byId);
  let line;
  /** The token of the open line. */
  let token = "";
  /** What this client remembers of its rooms, and which contract, endpoint and user it is for. */
  let resume;
  let resumeOf = "";
  /** Set while the line is cut: ends the wait. */
  let cancelCut;

  const contract = () => description.contracts[contractBox.selectedIndex];
  const endpoint = () => contract().endpoints[endpointBox.selectedIndex];
  const who = () => ({ user: byId("user").value.trim(), name: byId("name").value.trim(), token });

  const client = createEditor(byId("panel-client"), {
    ...{ id: "client", what: "Message", button: "Send" },
    async send(value) {
      if (!line?.isOpen()) throw new Error("There is no connection. Press Connect first");
      line.send(typeof value === "string" ? value : JSON.stringify(value));
    },
  });
  const backend = createEditor(byId("panel-backend"), {
    ...{ id: "backend", what: "Event", button: "Post" },
    send: (value) => postEvent(contract(), value, frames),
  });

  function showState(state, isGood) {
    byId("state").textContent = state;
    byId("state").classList.toggle("good", isGood);
  }

  function showLine() {
    const isBusy = line !== undefined || cancelCut !== undefined;
    byId("open").disabled = isBusy;
    byId("close").disabled = !isBusy;
    byId("cut").disabled = !line?.isOpen() || !resume;
    for (const button of byId("steps").querySelectorAll("button")) {
      button.disabled = button.dataset.of === "client" ? !line?.isOpen() : !isBusy;
    }
  }

  function showEndpoint() {
    const { path } = endpoint();
    byId("about").textContent = contract().subprotocol ? `Subprotocol ${contract().subprotocol}.` : "";
    const steps = contract().steps.filter(({ at }) => at === undefined || at === path);
    const address = path.replace("{path}", settings.path);
    client.offer(description.messages(contract(), address, who), steps.find(({ say }) => say)?.say.type);
    byId("steps").replaceChildren(
      ...steps.map((step) => {
        const of = step.say ? "client" : "backend";
        const button = { type: "button", "data-of": of, onclick: () => take(step) };
        return element("li", {}, element("button", button, step.title));
      }),
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
    const place = endpoint();
    const given = byId("token").value.trim();
    const wishes = { rooms: words(byId("rooms").value), roles: words(byId("roles").value) };
    token = given || ((await makeToken({ ...who(), ...wishes })) ?? "");
    // Meanwhile the user may have pressed twice, or chosen another endpoint.
    if (!line && endpoint() === place) connect();
  }

  /** `joins`: messages that join again the rooms in which the client was. */
  function connect(joins = []) {
    const [spoken, place] = [contract(), endpoint()];
    const at = place.path.replace("{path}", settings.path);
    const owner = JSON.stringify([spoken.name, at, who().user]);
    if (!resumeBox.checked) resume = undefined;
    else if (!resume || owner !== resumeOf) resume = createResume(spoken, frames);
    resumeOf = owner;
    byId("resume-list").replaceChildren();
    resume?.show();
    showState("Connecting", false);
    const query = resume?.query() ?? {};
    line = openLine(
      spoken,
      place,
      who(),
      { query, joins },
      {
        opened() {
          frames.add("note", `connected to ${at}${query.resume ? `, resumes ${query.resume}` : ""}`);
          showState(`Connected: ${spoken.name} at ${at}`, true);
          showLine();
          // The pressed button is disabled now: the focus moves to the next one.
          if ([document.body, byId("open"), byId("cut")].includes(document.activeElement))
            byId("steps").querySelector("button")?.focus();
        },
        frame(direction, text, value) {
          frames.add(direction, text);
          if (direction === "in") resume?.received(value ?? {});
          else resume?.sent(value ?? {});
        },
        closed(code, reason) {
          line = undefined;
          if (cancelCut) frames.add("note", `the line is cut for ${CUT_SECONDS} seconds`);
          else {
            frames.add("note", `closed: ${code}${reason ? ` ${reason}` : ""}`);
            showState(`Not connected: closed with ${code}${reason ? `, ${reason}` : ""}`, false);
          }
          showLine();
        },
      },
    );
    showLine();
  }

  /** Closes the line and connects again after ten seconds, as a client does that had no network. */
  function cut() {
    let left = CUT_SECONDS;
    let timer;
    cancelCut = () => {
      clearTimeout(timer);
      cancelCut = undefined;
    };
    const wait = () => {
      if (left === 0 && !line) {
        cancelCut();
        return connect(resume?.joins());
      }
      showState(`The line is cut: connects again in ${left} s`, false);
      timer = setTimeout(wait, 1_000);
      if (left > 0) left -= 1;
    };
    line.close();
    wait();
    showLine();
  }

  function disconnect() {
    if (cancelCut) {
      cancelCut();
      showState("Not connected", false);
    }
    line?.close();
    showLine();
  }

  byId("connect").addEventListener("submit", async (event) => {
    event.preventDefault();
    byId("connect-answer").textContent = "";
    try {
      if (!line && !cancelCut) await open();
    } catch (error) {
      byId("connect-answer").textContent = error.message;
    }
  });
  byId("close").addEventListener("click", disconnect);
  byId("cut").addEventListener("click", cut);
  // A line speaks one contract.
  contractBox.addEventListener("change", () => {
    disconnect();
    showContract();
  });
  endpointBox.addEventListener("change", () => {
    disconnect();
    showEndpoint();
  });
  byId("user").addEventListener("change", showContract);

  contractBox.replaceChildren(...description.contracts.map(({ title }) => element("option", {}, title)));
  showContract();
}
