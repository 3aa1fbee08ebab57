import { LogNode } from "../../support/log-node.ts";
import { SharedLog } from "../../support/shared-log.ts";

export const START = Date.UTC(2026, 0, 1);

export function createNodes(...skews: number[]) {
  const log = new SharedLog();
  const nodes = skews.map((skew) => new LogNode(log, START + skew));
  /** Until no node has anything more to apply. */
  const settle = () => {
    while (nodes.map((node) => node.advance()).some((applied) => applied > 0));
  };
  return { log, nodes: nodes as [LogNode, LogNode, ...LogNode[]], settle };
}

export const said = (content: string, messageId = content) => ({
  ...{ type: "message", timestamp: START },
  data: { chatId: "c", content, messageId },
});
export const join = { type: "chat_update", data: { action: "join", chatId: "c" }, timestamp: START };
export const typesOf = (heard: readonly string[]) =>
  heard.flatMap((frame) => (frame.startsWith("{") ? JSON.parse(frame).type : frame));
