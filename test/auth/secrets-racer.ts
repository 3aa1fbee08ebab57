import { loadSecrets } from "../../src/auth/secrets.ts";
import { readConfig } from "../../src/config.ts";

declare const self: Worker;

export interface Race {
  readonly directories: readonly string[];
  readonly racers: number;
  /** Counts arrivals at each round's start. */
  readonly started: SharedArrayBuffer;
}

export interface Result {
  readonly jwtSecrets: (string | undefined)[];
  readonly apiKeys: (string | undefined)[];
  readonly warnings: string[];
}

self.onmessage = ({ data }: MessageEvent<Race>) => {
  const started = new Int32Array(data.started);
  const result: Result = { jwtSecrets: [], apiKeys: [], warnings: [] };
  data.directories.forEach((directory, round) => {
    const config = readConfig({ DATABASE_URL: `file:${directory}/data/switchboard.db` });
    Atomics.add(started, round, 1);
    while (Atomics.load(started, round) < data.racers);
    const secrets = loadSecrets(config, (line) => result.warnings.push(line));
    result.jwtSecrets.push(secrets.jwtSecret);
    result.apiKeys.push(secrets.apiKeys[0]);
  });
  self.postMessage(result);
};
