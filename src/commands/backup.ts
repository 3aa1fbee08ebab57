import type { Config } from "../config.ts";
import { backUp, type Watch } from "../storage/backup.ts";
import { whileShowing } from "./progress.ts";

const STEPS = ["copying", "checking the copy", "waiting for the disk"];

/** Copies the database into a new file, even while a server uses it. Throws `ConfigError`. */
export function backupCommand(config: Config, target: string): void {
  const watch: Watch = (file, bytes, work) =>
    whileShowing({ name: "backup", steps: STEPS, file, bytes }, work);
  const { file, bytes, position } = backUp(config.DATABASE_URL, target, watch, true);
  console.log(`${file}: ${(bytes / 1_048_576).toFixed(1)} MB, up to log position ${position}`);
}
