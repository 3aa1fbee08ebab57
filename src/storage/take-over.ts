import { Database } from "bun:sqlite";

/** Makes a copy of another node's database this node's: what was that node's own goes, so that it is not done twice. */
export function takeOver(file: string): void {
  using database = new Database(file);
  database.run("DELETE FROM webhooks");
}
