/** A sum or product of prices, without what binary fractions add to it: 0.1 + 0.2 is 0.3. */
export const price = (amount: number): number => Number(amount.toPrecision(15));
