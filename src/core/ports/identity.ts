/** The user of a connection, from a verified token. */
export interface Identity {
  /** The token's `sub`. */
  readonly userId: string;
  readonly name?: string;
  readonly avatar?: string;
  readonly sessionId?: string;
  readonly roles: readonly string[];
  /** Rooms the token opens: `chat:chat-123`, `guild:*`, `*`. */
  readonly grants: readonly string[];
  /** Milliseconds since the epoch; the connection ends then. */
  readonly expiresAt: number;
  /** Milliseconds since the epoch; 0 when the token does not say. A revocation refuses the tokens that were issued before it. */
  readonly issuedAt: number;
  /** The other claims of the token, for what only one contract knows. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface TokenVerifier {
  /**
   * Resolves to the identity, or rejects with a `Refusal`: `unauthenticated` when the token is bad,
   * `unavailable` when the keys to check it with cannot be had just now.
   */
  verify(token: string): Promise<Identity>;
}
