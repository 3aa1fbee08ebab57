import { Random as Seeded } from "../../src/verify/random.ts";

/** Random numbers that a seed repeats. */
export class Random extends Seeded {
  /** A seed that the environment may set to repeat a run, printed so that it can. */
  static seed(): number {
    const seed = Number(process.env["TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
    console.log(`TEST_SEED=${seed}`);
    return seed;
  }
}
