import type { Entry } from "../protocol/entry.ts";
import { createErase, ERASE } from "../protocol/erasure.ts";
import { isErased } from "../protocol/personal-data.ts";
import { applyPosted, isRepeatedPost, POSTED, type PostedEvent } from "../protocol/posting.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import { createRedact, isRedacted, REDACT } from "../protocol/redaction.ts";
import type { Reducer, Reducers } from "../protocol/reducer.ts";
import { applies as roomApplies } from "./room-entries.ts";

const own = (applies: object, kind: string): Reducer | undefined =>
  Object.hasOwn(applies, kind) ? (applies as Record<string, Reducer>)[kind] : undefined;

/** Of the entries that no protocol applies. */
export const ownReducers: Reducers = { reducerOf: (kind) => own(roomApplies, kind) };
const postReducers = { [POSTED]: applyPosted };

/** A protocol's own reducers, and what every protocol takes from backends. */
export const reducersOfProtocol = (protocol: AnyProtocol): Reducers => {
  const { applies, historyView, personalData, repeats = {}, restore } = protocol;
  const administrative: Readonly<Record<string, Reducer>> = {
    ...postReducers,
    ...(historyView && { [REDACT]: createRedact(historyView) }),
    [ERASE]: createErase(historyView, personalData),
  };
  return {
    reducerOf: (kind) => own(applies, kind) ?? own(administrative, kind),
    // Of both nobody knows any more what they said.
    isRedacted: (stored) => isRedacted(historyView, stored) || isErased(stored),
    isRepeat(entry, stored) {
      const compare = Object.hasOwn(repeats, entry.kind) ? repeats[entry.kind] : undefined;
      if (compare) return compare(entry, stored);
      return entry.kind !== POSTED || isRepeatedPost(entry as Entry<PostedEvent>, stored);
    },
    restore,
  };
};
