import { byId, element } from "./element.js";

const REASONS = {
  expired: ({ after }) => `retention has removed its events up to offset ${after}. The others follow`,
  removed: () => "it was removed, and its offsets began anew. The events of the new room follow",
  ahead: ({ until }) =>
    `it ends at offset ${until}, because a backup was restored. The usual history follows`,
  too_many: () => "more events were missed than RESUME_LIMIT allows. The usual history follows",
  forbidden: () => "this user may not be in it",
};

/**
 * What one client remembers so that it can resume: the last offset of each room that it heard, and the messages
 * with which it joined rooms. It shows them, with each verdict and the number of events that were caught up.
 */
export function createResume({ joins = [] }, frames) {
  /** By room: `{ offset, verdict?, caught }`. */
  const rooms = new Map();
  const joined = new Map();

  function show() {
    byId("resume-list").replaceChildren(
      ...[...rooms].map(([room, { offset, verdict, caught }]) =>
        element(
          "li",
          {},
          element("strong", {}, room),
          element("span", { class: "offset" }, `@${offset}`),
          ...(verdict
            ? [element("span", { class: verdict.complete ? "good" : "bad" }, summary(verdict, caught))]
            : []),
        ),
      ),
    );
  }

  return {
    /** What the address asks for. */
    query() {
      const resume = [...rooms].map(([room, { offset }]) => `${room}@${offset}`).join(",");
      return { offsets: "1", ...(resume && { resume }) };
    },
    /** The messages that join the same rooms again, as of now. */
    joins: () =>
      [...joined.values()].map((frame) => {
        const isNumber = typeof frame.timestamp === "number";
        return { ...frame, timestamp: isNumber ? Date.now() : new Date().toISOString() };
      }),
    sent(frame) {
      for (const { join, leave, by } of joins) {
        const room = `${join.type} ${frame.data?.[by] ?? ""}`;
        if (isLike(join, frame)) joined.set(room, frame);
        else if (leave && isLike(leave, frame)) joined.delete(room);
      }
    },
    received(frame) {
      const { room, offset, type, event } = frame;
      if (room && Number.isInteger(offset)) {
        const known = rooms.get(room);
        const caught = (known?.caught ?? 0) + (offset <= known?.verdict?.until ? 1 : 0);
        rooms.set(room, { ...known, offset: Math.max(offset, known?.offset ?? 0), caught });
      } else if ((event ?? type) === "placed") {
        // The room was joined at this offset, so it can be resumed before its first event.
        const place = frame.data ?? frame.payload;
        rooms.set(place.room, { offset: place.offset, caught: 0 });
      } else if ((event ?? type) === "resumed") {
        const verdict = frame.data ?? frame.payload;
        frames.add(verdict.complete ? "whole" : "lost", sentence(verdict));
        if (verdict.reason === "forbidden") rooms.delete(verdict.room);
        else rooms.set(verdict.room, { offset: verdict.after, verdict, caught: 0 });
      } else return;
      show();
    },
    show,
  };
}

function sentence(verdict) {
  const { room, after, until, complete, reason } = verdict;
  if (!complete) return `${room} is incomplete: ${REASONS[reason]?.(verdict) ?? reason}`;
  if (until === after) return `${room} is complete: nothing was missed after offset ${after}`;
  return `${room} is complete: what was missed after offset ${after} follows, up to ${until}`;
}

function summary({ complete, reason }, caught) {
  const events = caught === 1 ? "1 event caught up" : `${caught} events caught up`;
  return `${complete ? "complete" : `incomplete (${reason})`}, ${events}`;
}

const isLike = (shape, value) =>
  shape !== null && typeof shape === "object"
    ? Object.entries(shape).every(([name, part]) => isLike(part, value?.[name]))
    : shape === value;
