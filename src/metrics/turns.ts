import type { TurnTimes } from "../core/log/turn-times.ts";
import type { Exposition } from "./exposition.ts";

export function exposeTurns(exposition: Exposition, { entries, commit, turn, flush }: TurnTimes): void {
  exposition.histogram("switchboard_turn_entries", "Entries of each committed turn.", entries);
  exposition.histogram(
    "switchboard_turn_commit_seconds",
    "Time to apply and commit the entries of a turn.",
    commit,
  );
  exposition.histogram(
    "switchboard_turn_seconds",
    "Time from handling a turn's first message until its frames and confirmations were handed to sockets.",
    turn,
  );
  exposition.histogram(
    "switchboard_publish_flush_seconds",
    "For one turn in 100 ms: time from its first publish until the event loop had written what the sockets accepted. " +
      "It does not show when a peer received it.",
    flush,
  );
}
