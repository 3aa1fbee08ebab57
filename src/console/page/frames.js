import { byId, element } from "./element.js";
import { parseJson, showJson } from "./json.js";

/** The list keeps this number of frames and drops the oldest. */
const MAX_FRAMES = 500;
/** A screen reader hears how many frames were received, at most this often. */
const TELL_MS = 2_000;
const SIGNS = {
  ...{ in: ["←", "received"], out: ["→", "sent"], note: ["·", "note"] },
  // Verdicts about a room that is resumed.
  ...{ whole: ["✓", "complete"], lost: ["!", "incomplete"] },
};

/** The list of frames. It adds many frames at once, so that a burst of them does not stall the page. */
export function createFrames() {
  const list = byId("frames");
  const count = byId("frames-count");
  const [filter, pause, unfold] = [byId("filter"), byId("pause"), byId("unfold")];
  const waiting = [];
  let isPaused = false;
  let isUnfolded = true;
  let isAsked = false;
  let untold = 0;

  const matches = (row) => row.dataset.text.includes(filter.value.toLowerCase());
  function show() {
    const hidden = [...list.children].filter((row) => row.hidden).length;
    const parts = [`${list.childElementCount - hidden} shown`];
    if (hidden > 0) parts.push(`${hidden} filtered out`);
    if (waiting.length > 0) parts.push(`${waiting.length} waiting`);
    count.textContent = parts.join(", ");
  }
  function flush() {
    isAsked = false;
    if (!isPaused) {
      const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      list.append(...waiting.splice(0).map((frame) => row(frame, isUnfolded, matches)));
      while (list.childElementCount > MAX_FRAMES) list.firstElementChild.remove();
      if (isAtEnd) list.scrollTop = list.scrollHeight;
    }
    show();
  }
  function tell() {
    byId("heard").textContent = untold === 1 ? "A frame was received" : `${untold} frames were received`;
    untold = 0;
  }
  function add(direction, text) {
    if (direction === "in" && untold++ === 0) setTimeout(tell, TELL_MS);
    waiting.push({ direction, text, time: new Date() });
    if (waiting.length > MAX_FRAMES) waiting.shift();
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(flush);
  }

  filter.addEventListener("input", () => {
    for (const one of list.children) one.hidden = !matches(one);
    show();
  });
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    flush();
  });
  unfold.addEventListener("click", () => {
    isUnfolded = !isUnfolded;
    unfold.setAttribute("aria-pressed", String(isUnfolded));
    for (const one of list.querySelectorAll("details")) one.open = isUnfolded;
  });
  byId("clear").addEventListener("click", () => {
    list.replaceChildren();
    waiting.length = 0;
    show();
  });
  show();
  return { add };
}

function row({ direction, text, time }, isOpen, matches) {
  const [sign, word] = SIGNS[direction];
  const value = ["in", "out"].includes(direction) ? parseJson(text) : undefined;
  const clock = `${time.toLocaleTimeString("en-GB")}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  const head = [
    element("span", { class: "sign", "aria-hidden": "true" }, sign),
    element("span", { class: "visually-hidden" }, `${word} `),
    element("time", { datetime: time.toISOString() }, clock),
  ];
  const what = value && typeof value === "object" ? nameOf(value) : text;
  const name = element("span", { class: "what" }, what);
  const body =
    value === undefined
      ? element("p", { class: "head" }, ...head, name)
      : element(
          "details",
          { open: isOpen },
          element(
            "summary",
            {},
            ...[...head, name, ...offsetOf(value)],
            element("span", { class: "short" }, text),
          ),
          showJson(value),
        );
  const made = element("li", { class: direction }, body);
  made.dataset.text = text.toLowerCase();
  made.hidden = !matches(made);
  return made;
}

/** The offset of a stored event, which frames of a connection with `offsets=1` carry. */
const offsetOf = ({ room, offset }) =>
  typeof room === "string" && Number.isInteger(offset)
    ? [element("span", { class: "offset", title: `Offset ${offset} of ${room}` }, `${room} @${offset}`)]
    : [];

/** The type of a frame, in any of the contracts. */
const nameOf = ({ type, event }) =>
  [type, event].filter((part) => typeof part === "string").join(" ") || "frame";
