import { expect } from "bun:test";

/** An answer must be a problem as RFC 9457 has it, with this status and these wrong fields. */
export async function expectProblem(
  answer: Response,
  status: number,
  paths?: readonly string[],
): Promise<void> {
  expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
  const problem: unknown = await answer.json();
  expect(problem).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status,
    detail: expect.any(String),
  });
  if (paths === undefined) expect(problem).not.toHaveProperty("errors");
  else {
    const errors = paths.map((path) => ({ path, message: expect.any(String) }));
    expect(problem).toHaveProperty("errors", errors);
  }
}
