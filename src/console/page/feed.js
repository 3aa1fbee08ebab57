import { byId, element } from "./element.js";
import { followFeed } from "./feed-stream.js";
import { showJson } from "./json.js";
import { words } from "./words.js";

/** The list keeps this number of events and drops the oldest. */
const MAX_EVENTS = 500;

/** The page that follows the feed. */
export function startFeed({ contracts }) {
  const [list, after, pause] = [byId("feed-list"), byId("feed-after"), byId("feed-pause")];
  let stream;

  byId("feed-contract").append(...contracts.map(({ name }) => element("option", { value: name }, name)));

  const filter = () => [
    ...words(byId("feed-contract").value).map((name) => ["protocol", name]),
    ...words(byId("feed-rooms").value).map((room) => ["room", room]),
    ...words(byId("feed-kinds").value).map((kind) => ["kind", kind]),
  ];
  const showState = (state) => {
    byId("feed-state").textContent = state;
  };

  function show() {
    const isFollowing = stream !== undefined;
    byId("feed-follow").disabled = isFollowing;
    byId("feed-stop").disabled = pause.disabled = !isFollowing;
    pause.setAttribute("aria-pressed", "false");
  }
  function stop(state = "Not following") {
    stream?.stop();
    stream = undefined;
    showState(state);
    show();
  }

  byId("feed-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (stream) return;
    byId("feed-answer").textContent = "";
    showState("Connecting");
    stream = followFeed(filter(), after.value.trim(), {
      state: showState,
      event(one) {
        const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
        list.append(row(one));
        while (list.childElementCount > MAX_EVENTS) list.firstElementChild.remove();
        if (isAtEnd) list.scrollTop = list.scrollHeight;
      },
      /** The next press of *Follow* continues here. */
      cursor(position) {
        byId("feed-cursor").textContent = after.value = position;
      },
      ended(error) {
        byId("feed-answer").textContent = error.message;
        stop();
      },
    });
    show();
  });
  byId("feed-stop").addEventListener("click", () => stop());
  pause.addEventListener("click", () => {
    const isPaused = pause.getAttribute("aria-pressed") === "true";
    pause.setAttribute("aria-pressed", String(!isPaused));
    if (isPaused) stream.resume();
    else stream.pause();
    showState(isPaused ? "Following" : "Paused: the server keeps the next events");
  });
  byId("feed-clear").addEventListener("click", () => list.replaceChildren());
}

function row({ position, protocol, room, offset, kind, time, sender, data }) {
  return element(
    "li",
    {},
    element(
      "details",
      {},
      element(
        "summary",
        {},
        element("time", { datetime: time, title: time }, new Date(time).toLocaleTimeString("en-GB")),
        element("span", { class: "what" }, kind),
        element("span", { class: "offset", title: `Position ${position}` }, `${room} @${offset}`),
        element("span", {}, sender ?? ""),
        element("span", { class: "short" }, JSON.stringify(data)),
      ),
      showJson({ position, protocol, room, offset, kind, time, sender, data }),
    ),
  );
}
