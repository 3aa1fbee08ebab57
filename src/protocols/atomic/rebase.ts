/**
 * One change of a text, in UTF-16 units: it removes `length` of them at `position` and puts `inserted` there
 * instead.
 */
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
 * Carries a splice over earlier splices that its author had not seen. Apply the resulting splices one after
 * another. There are several where earlier text lies inside the removed span, because a splice never removes
 * text that its author had not seen. There is none where others have removed the whole span. Where its text
 * meets earlier text, the earlier text stays on the left. All replicas converge if each carries its own
 * unconfirmed splice over the splices that it receives, one after another, by these same rules, and puts
 * received text to the left of its own where the two meet.
 */
export function rebase({ position, length, inserted }: Splice, over: readonly Splice[]): Splice[] {
  let at = position;
  let spans: readonly Span[] = length > 0 ? [{ from: position, to: position + length }] : [];
  for (const earlier of over) {
    at = withoutTaken(at, earlier);
    if (at >= earlier.position) at += earlier.inserted;
    if (spans.length > 0) spans = spans.flatMap((span) => carry(span, earlier));
  }
  // From right to left, so that no removal moves the spans that remain.
  const cuts = spans.map(({ from, to }) => ({ position: from, length: to - from, inserted: 0 })).reverse();
  if (inserted === 0) return cuts;
  // The inserted text goes left of all removed text. Usually the leftmost removal starts there.
  const leftmost = cuts.at(-1);
  if (leftmost?.position === at) return [...cuts.slice(0, -1), { ...leftmost, inserted }];
  return [...cuts, { position: at, length: 0, inserted }];
}

/** The remainder of a span: nothing, one span, or two with the earlier text between them. */
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

/** The position after the earlier splice has removed its text. */
const withoutTaken = (at: number, { position, length }: Splice): number =>
  at <= position ? at : Math.max(position, at - length);
