import type { AtomicOptions } from "../atomic.ts";
import { bindTextarea, CollaborationWebSocketClient, type TextField } from "../index.ts";
import type { Participant, Role } from "../shared-edit.ts";
import type { SharedText } from "../shared-text.ts";
import { type Connected, NOT_CONNECTED, type Session, useSession } from "./session.ts";
import { Store } from "./store.ts";

export interface DocumentOptions extends AtomicOptions {
  /** Whose document it is. */
  readonly session: string;
  readonly role?: Role;
}

export interface DocumentState extends Connected {
  readonly text: string;
  readonly participants: readonly Participant[];
  /** Whether it is in its session now. */
  readonly isJoined: boolean;
  /** Whether the server has all that was done here. */
  readonly isSettled: boolean;
  /** Undefined until the session is joined. For an editor: `bindTextarea`, or `shared` of CodeMirror. */
  readonly document: SharedText | undefined;
}

export interface DocumentActions {
  readonly client: CollaborationWebSocketClient;
  /** Shows at once. Throws before the session is joined. */
  edit(position: number, length: number, content: string): void;
  /** A textarea's `ref`: shows the text, and edits it. */
  readonly field: (field: TextField | null) => (() => void) | undefined;
}

/** Contract atomic-guide: a document that is edited together. */
export function useDocument(options: DocumentOptions): DocumentState & DocumentActions {
  const { url, userId, contextId, session, role } = options;
  return useSession(JSON.stringify([url, userId, contextId, session, role]), options.token, (token) =>
    createDocument({ ...options, token }),
  );
}

const EVENTS = [
  ...([
    "session_joined",
    "session_left",
    "participant_joined",
    "participant_left",
    "edit_ack",
    "edit",
  ] as const),
];

function createDocument({
  session,
  role = "participant",
  ...options
}: DocumentOptions): Session<DocumentState, DocumentActions> {
  const client = new CollaborationWebSocketClient(options);
  const store = new Store<DocumentState>({
    ...{
      ...NOT_CONNECTED,
      text: "",
      participants: [],
      isJoined: false,
      isSettled: true,
      document: undefined,
    },
  });
  let bound: { readonly field: TextField; stop: () => void } | undefined;

  function look(): void {
    const { document } = store.get();
    if (!document) return;
    const { text, participants, isJoined, isSettled } = document;
    store.set((state) => ({ ...state, text, participants, isJoined, isSettled }));
  }

  function bind(field: TextField, document: SharedText): () => void {
    const stop = bindTextarea(field, document);
    field.addEventListener("input", look);
    return () => {
      stop();
      field.removeEventListener("input", look);
    };
  }

  for (const type of EVENTS) client.subscribe(type, look);
  client.onConnectionEvent(look);
  return {
    ...{ client, store },
    async enter() {
      const document = await client.join(session, role);
      document.onChange(look);
      store.set((state) => ({ ...state, document }));
      look();
      if (bound) bound.stop = bind(bound.field, document);
    },
    actions: {
      client,
      edit(position, length, content) {
        const { document } = store.get();
        if (!document) throw new Error("the session is not joined yet");
        document.edit(position, length, content);
        look();
      },
      field(field) {
        // React 18 says so that the field is gone; it calls no function that a ref returns.
        if (!field) {
          bound?.stop();
          bound = undefined;
          return undefined;
        }
        const { document } = store.get();
        const own = { field, stop: document ? bind(field, document) : () => {} };
        bound = own;
        return () => {
          own.stop();
          if (bound === own) bound = undefined;
        };
      },
    },
  };
}
