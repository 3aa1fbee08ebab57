import type { Frame, SoakClient } from "./soak-client.ts";

/** What a player of one contract does. Some rooms are left for others every two minutes, and fall out of use. */
export interface Part {
  readonly name: string;
  readonly players: number;
  /** Milliseconds between two things that it does, on the average. */
  readonly pauseMs: number;
  readonly subprotocol?: string;
  /** What its token opens. */
  grants(player: number): string;
  path(token: string, player: number): string;
  /** Says who it is, where the upgrade has not, and joins. */
  enter(client: SoakClient, me: Me): Promise<void>;
  /** Does one thing, and resolves when it is confirmed. Without it, it watches what backends post. */
  act?(client: SoakClient, me: Me): Promise<void>;
  /** Answers what the server asks of it. */
  hears?(client: SoakClient, frame: Frame): void;
}

export interface Me {
  readonly userId: string;
  readonly player: number;
  readonly token: string;
  /** Of this connection: where it is in a document, for example. */
  room: string;
  version: number;
}
