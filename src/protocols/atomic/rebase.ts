/** One change of a text, in UTF-16 units: at `position`, `length` of them go, and `inserted` come in their place. */
export interface Splice {
  readonly position: number;
  readonly length: number;
  readonly inserted: number;
}

/** The units from `from` up to `to`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Carries a splice over those that were ordered before it and that its author had not seen. The result is to be
 * applied one after another: several splices where text came in between what it takes away, since it never takes
 * what its author had not seen; none where others have taken all of it. Where its text and earlier text meet, the
 * earlier stays left.
 *
 * All replicas converge when each carries its own unconfirmed splice over what it receives, one after another, by
 * these same rules, and puts text that it receives left of its own where the two meet.
 */
export function rebase({ position, length, inserted }: Splice, over: readonly Splice[]): Splice[] {
  let at = position;
  let spans: readonly Span[] = length > 0 ? [{ from: position, to: position + length }] : [];
  for (const earlier of over) {
    at = withoutTaken(at, earlier);
    if (at >= earlier.position) at += earlier.inserted;
    if (spans.length > 0) spans = spans.flatMap((span) => carry(span, earlier));
  }
  // From right to left, so that none moves what is left of it.
  const cuts = spans.map(({ from, to }) => ({ position: from, length: to - from, inserted: 0 })).reverse();
  if (inserted === 0) return cuts;
  // Its text goes in left of all that it takes away, and mostly right there.
  const leftmost = cuts.at(-1);
  if (leftmost?.position === at) return [...cuts.slice(0, -1), { ...leftmost, inserted }];
  return [...cuts, { position: at, length: 0, inserted }];
}

/** What is left of a span: nothing, one, or two with the earlier text between them. */
function carry(span: Span, earlier: Splice): Span[] {
  const { position, inserted } = earlier;
  const from = withoutTaken(span.from, earlier);
  const to = withoutTaken(span.to, earlier);
  if (from === to) return [];
  if (to <= position || inserted === 0) return [{ from, to }];
  if (from >= position) return [{ from: from + inserted, to: to + inserted }];
  return [
    { from, to: position },
    { from: position + inserted, to: to + inserted },
  ];
}

/** Where a position is once the earlier splice has taken its text away. */
const withoutTaken = (at: number, { position, length }: Splice): number =>
  at <= position ? at : Math.max(position, at - length);
