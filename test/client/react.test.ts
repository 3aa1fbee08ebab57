import { expect, test } from "bun:test";
import { createElement, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import {
  useChat,
  useContextChat,
  useDiet,
  useDocument,
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
