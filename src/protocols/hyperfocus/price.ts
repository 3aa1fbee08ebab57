/** Rounds a sum or product of prices to remove binary fractions: 0.1 + 0.2 is 0.3. */
export const price = (amount: number): number => Number(amount.toPrecision(15));
