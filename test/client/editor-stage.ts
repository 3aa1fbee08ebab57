import { afterAll, beforeAll, expect } from "bun:test";
import { CollaborationWebSocketClient, type SharedText } from "../../packages/client/src/index.ts";
import type { Role } from "../../packages/client/src/shared-edit.ts";
import { eventually } from "../support/eventually.ts";
import { type Stage, startStage } from "./browser-stage.ts";
import { noRate } from "./support.ts";

/** Documents that users edit in pages of a browser, and without one. */
export function editorStage() {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.stop());

  /** A page of this user with the document in its textarea, or in CodeMirror. The caret is at the start. */
  async function author(
    userId: string,
    sessionId: string,
    { inCodeMirror = false, role = "participant" as Role } = {},
  ) {
    const { page, context, faults } = await stage.visit();
    const document = await page.evaluateHandle(
      async ({ url, token, sessionId, inCodeMirror, role }) => {
        const { CollaborationWebSocketClient, bindTextarea } = globalThis.switchboard;
        const client = new CollaborationWebSocketClient({ url, token, rate: { messagesPerMinute: 0 } });
        await client.connect();
        const text = await client.join(sessionId, role);
        if (!inCodeMirror) {
          bindTextarea(globalThis.field, text);
          return { client, text, view: undefined };
        }
        const { EditorView, history, historyKeymap, keymap, shared } = globalThis.codemirror;
        const parent = Reflect.get(globalThis, "document").body;
        return {
          client,
          text,
          view: new EditorView({
            doc: text.text,
            parent,
            extensions: [shared(text), history(), keymap.of(historyKeymap)],
          }),
        };
      },
      {
        ...{ sessionId, inCodeMirror, role, token: await stage.server.token(userId) },
        url: stage.server.url("/api/collaboration/ws"),
      },
    );
    await page.locator(inCodeMirror ? ".cm-content" : "#field").focus();
    if (!inCodeMirror) await page.keyboard.press("Control+Home");
    return {
      page,
      keyboard: page.keyboard,
      /** What the user sees. */
      shown: () => document.evaluate(({ view }) => view?.state.doc.toString() ?? globalThis.field.value),
      text: () => document.evaluate(({ text }) => text.text),
      become: (role: Role) =>
        document.evaluate(
          async ({ client, text }, role) => void (await client.join(text.sessionId, role)),
          role,
        ),
      isSettled: () => document.evaluate(({ text }) => text.isSettled),
      /** Several changes in one step, as with several cursors. */
      insert: (changes: { from: number; to?: number; insert: string }[]) =>
        document.evaluate(({ view }, changes) => view?.dispatch({ changes }), changes),
      selection: () =>
        page.evaluate(() => [globalThis.field.selectionStart, globalThis.field.selectionEnd] as const),
      async leave(): Promise<void> {
        await document.evaluate(({ client }) => client.disconnect());
        expect(faults).toEqual([]);
        await context.close();
      },
    };
  }

  /** Somebody who edits the document without a browser. */
  async function peer(sessionId: string) {
    const client = new CollaborationWebSocketClient({
      ...{ url: stage.server.url("/api/collaboration/ws"), token: await stage.server.token("peer") },
      rate: noRate,
    });
    await client.connect();
    return { client, text: await client.join(sessionId, "participant") };
  }

  return { author, peer };
}

type Author = Awaited<ReturnType<ReturnType<typeof editorStage>["author"]>>;

export const shows = (author: Author, text: string) =>
  eventually(async () => (await author.shown()) === text);
export const becomes = (document: SharedText, text: string) => eventually(() => document.text === text);
