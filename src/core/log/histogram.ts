/** Values sorted into buckets as they come. Plain numbers: observing allocates nothing. */
export class Histogram {
  /** The number of values in each bucket; the last bucket holds the values over every bound. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  /** `bounds`: the highest value of each bucket, ascending. */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    counts[bucket]!++;
    this.sum += value;
    this.count++;
  }
}
