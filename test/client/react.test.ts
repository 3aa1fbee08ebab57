import { expect, test } from "bun:test";
import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import {
  useChat,
  useContextChat,
  useDiet,
  useDocument,
  useEvent,
  useGifts,
  useMetrics,
  useVoiceChannel,
} from "../../packages/client/src/react/index.ts";
import { fakeSockets } from "./support.ts";

const { create: createSocket, all } = fakeSockets();
const common = { url: "ws://nowhere", token: () => "t", createSocket };
const hooks = {
  useChat: () => useChat({ ...common, chatId: "chat-1", userId: "ada" }),
  useContextChat: () => useContextChat({ ...common, contextId: "c", userId: "ada" }),
  useGifts: () => useGifts({ ...common, streamId: "s1" }),
  useVoiceChannel: () => useVoiceChannel(common),
  useDiet: () => useDiet({ ...common, types: ["meal.logged"] }),
  useDocument: () => useDocument({ ...common, session: "session-1" }),
  useMetrics: () => useMetrics({ ...common, metrics: ["performance"] }),
};

/** What a page hears of besides, by the types of its client's events. */
function Ears() {
  const heard: (string | number)[] = [];
  useEvent(hooks.useChat().client, "message", ({ data }) => heard.push(data.message.content));
  useEvent(hooks.useContextChat().client, "message", ({ data }) => heard.push(data.content));
  useEvent(hooks.useGifts().client, "gift:received", ({ payload }) => heard.push(payload.quantity));
  useEvent(hooks.useVoiceChannel().client, "voice.joined", ({ payload }) => heard.push(payload.username));
  useEvent(hooks.useDiet().client, "level.up", ({ data }) => heard.push(data.newLevel));
  useEvent(hooks.useDocument().client, "edit", ({ data }) => heard.push(data.version));
  useEvent(hooks.useMetrics().client, "metric_update", ({ data }) => heard.push(data.metric));
  // @ts-expect-error: nobody hears of this
  useEvent(hooks.useDiet().client, "level.down", () => {});
  return `${heard.length} heard`;
}

test("events of every hook's client can be heard by their types", () => {
  expect(renderToString(createElement(Ears))).toBe("0 heard");
});

test.each(Object.entries(hooks))(
  "on a server %s renders, says that it is not connected, and connects nowhere",
  (_name, use) => {
    function Page() {
      const { connection, error } = use();
      return `${connection} ${error}`;
    }
    expect(renderToString(createElement(StrictMode, null, createElement(Page)))).toBe(
      "disconnected undefined",
    );
    expect(all).toEqual([]);
  },
);
