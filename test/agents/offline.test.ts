import { describe, expect, test } from "bun:test";
import { offlineAgent } from "../../src/agents/offline.ts";
import type { Question } from "../../src/core/ports/agent.ts";

const ask = (content: string, rest: Partial<Question> = {}) =>
  offlineAgent.answer({
    userId: "ada",
    agentId: "therapist",
    conversation: [
      { role: "user", content: "An older question" },
      { role: "assistant", content: "An older answer" },
      { role: "user", content },
    ],
    signal: new AbortController().signal,
    ...rest,
  });

describe("the offline agent", () => {
  test("says how to connect a real one, and quotes what was asked", async () => {
    const { content, confidence, metadata } = await ask("Why is\n  the sky blue?");
    expect(content).toContain("AI_BASE_URL and AI_MODEL");
    expect(content).toEndWith("“Why is the sky blue?”");
    expect(content).not.toContain("older");
    expect(confidence).toBe(0);
    expect(metadata).toEqual({ offline: true });
  });

  test("answers the same question alike", async () => {
    expect(await ask("Why?")).toEqual(await ask("Why?"));
  });

  test("quotes 400 UTF-16 units and cuts no character in half", async () => {
    expect((await ask("👋".repeat(200))).content).toEndWith(`“${"👋".repeat(200)}”`);
    expect((await ask("👋".repeat(10_000))).content).toEndWith(`“${"👋".repeat(199)}…”`);
  });

  test.each([
    ["nothing was said", []],
    ["only white space was", [{ role: "user" as const, content: " \n" }]],
  ])("quotes nothing when %s", async (_, conversation) => {
    const { content } = await ask("", { conversation });
    expect(content).toEndWith("to connect one.");
  });

  test("rejects with the reason when nobody is left to hear it", async () => {
    const gone = new Error("gone");
    await expect(ask("Why?", { signal: AbortSignal.abort(gone) })).rejects.toBe(gone);
  });
});
