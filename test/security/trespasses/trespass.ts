import type { Frame } from "../../support/client.ts";
import type { WireEndpoint } from "../../support/endpoints.ts";

/** What ada has said or has had said to her in her room `a`, which is nobody else's to read. */
export const SECRET = "the secret of ada";

/** Something that eve, whose token opens the room `b` alone, may not say. */
export interface Trespass {
  readonly what: string;
  /** The endpoint's name, where the protocol has several. */
  readonly at?: string;
  readonly frame: Frame;
  /** What she hears, field for field as far as it is written here. */
  readonly answer: Frame;
}

/** By kind of message. A kind that names no room, no user and no stored thing says what keeps it harmless instead. */
export type Trespasses = Readonly<Record<string, readonly Trespass[] | string>>;

/** How the messages of one protocol are tried by somebody whom they do not concern. */
export interface Plan {
  readonly protocol: string;
  /** What a backend posts, so that the room `a` has something to hide. */
  readonly prepare: readonly Frame[];
  /** The last post reaches ada: anything that eve made her hear came before it. */
  readonly marker: Frame;
  isMarker(frame: Frame): boolean;
  readonly trespasses: Trespasses;
  /** The refusal of a kind that clients may not send, or not on this endpoint. */
  readonly unknown: Frame;
  /** A frame of this kind. */
  frameOf(kind: string, endpoint: WireEndpoint): Frame;
  /** What comes by itself. */
  isOrdinary?(frame: Frame): boolean;
}
