import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { connectToLog, faultOf } from "../../src/log/connection.ts";
import { describeLog } from "../../src/log/describe.ts";
import { openLog } from "../../src/log/jetstream.ts";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { command, commandDirectory } from "../support/command.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { hasNats, type NatsOptions, startNats } from "../support/nats.ts";
import { API_KEY, SECRET } from "../support/server.ts";
import { logConfig } from "./follower.ts";

const ofNats = test.skipIf(!hasNats);
const directory = commandDirectory();

/** What a node says of a server like this one. */
async function saidOf(options: NatsOptions, more: Parameters<typeof logConfig>[2] = {}): Promise<string> {
  const nats = await startNats(options);
  try {
    await (await openLog(logConfig(nats, "c", more), () => {}, undefined, 2_000)).stop();
    return "";
  } catch (error) {
    return (error as Error).message.replace(new URL(nats.url).host, "HOST");
  } finally {
    await nats.stop();
  }
}

describe("a server that cannot keep the log is refused, and what to do is said", () => {
  ofNats("a small max_payload", async () => {
    expect(await saidOf({ maxPayload: "1MB" })).toBe(
      "LOG_URL: HOST cannot keep the log: its max_payload is 1048576, and must be 8388608 or more: set max_payload: 8MB",
    );
  });
  ofNats("no JetStream", async () => {
    expect(await saidOf({ jetstream: false })).toContain("it has no JetStream: add a jetstream block");
  });
  ofNats("fewer servers than replicas", async () => {
    expect(await saidOf({}, { LOG_REPLICAS: 3 })).toStartWith(
      "LOG_REPLICAS: HOST is a server of its own and cannot keep 3 replicas",
    );
  });
  ofNats("less disk than the log may take", async () => {
    expect(await saidOf({}, { LOG_MAX_BYTES: 2 ** 40 })).toStartWith(
      "LOG_MAX_BYTES: the servers cannot reserve 1099511627776 bytes",
    );
  });
  test("an old version", () => {
    const info = { jetstream: true, max_payload: 8_388_608 };
    expect(faultOf({ ...info, version: "2.9.10" })).toBe(
      "it is nats-server 2.9.10, and must be 2.12 or later",
    );
    expect(faultOf({ ...info, version: "2.12.0" })).toBeUndefined();
    expect(faultOf({ ...info, version: "3.0.0" })).toBeUndefined();
  });
});

test("when no server answers, all of them are named", async () => {
  const config = {
    ...logConfig({ url: "" } as never, "c"),
    LOG_URL: ["nats://u:secret@127.0.0.1:1", "nats://localhost:2"],
  };
  const failed = connectToLog(config, 0);
  expect(failed).rejects.toThrow(/^LOG_URL: none of the servers can be reached: 127.0.0.1:1, localhost:2 \(/);
  await failed.catch(() => {});
});

test("a credentials file that is not there is named", async () => {
  const config = logConfig({ url: "nats://127.0.0.1:1" } as never, "c", {
    LOG_CREDENTIALS_FILE: "/none.creds",
  });
  const failed = connectToLog(config, 0);
  expect(failed).rejects.toThrow("LOG_CREDENTIALS_FILE: /none.creds cannot be read");
  await failed.catch(() => {});
});

test.skipIf(!hasNats || !canMakeCertificates)(
  "the connection is encrypted, and a stranger's server is not trusted",
  async () => {
    const folder = temporaryDirectory();
    const [cert, key, other] = ["cert.pem", "key.pem", "other.pem"].map((file) => join(folder, file)) as [
      string,
      string,
      string,
    ];
    makeCertificate(cert, key);
    makeCertificate(other, join(folder, "other-key.pem"));
    const nats = await startNats({ config: `tls { cert_file: "${cert}", key_file: "${key}" }` });
    try {
      const connection = await connectToLog(logConfig(nats, "c", { LOG_TLS_CA_FILE: cert }), 2_000);
      expect(connection.info?.tls_required).toBe(true);
      await connection.close();
      const failed = connectToLog(logConfig(nats, "c", { LOG_TLS_CA_FILE: other }), 0);
      expect(failed).rejects.toThrow("LOG_URL: none of the servers can be reached");
      await failed.catch(() => {});
    } finally {
      await nats.stop();
    }
  },
);

ofNats("checkconfig says what the log is, makes nothing, and hides what is secret in LOG_URL", async () => {
  const nats = await startNats({ config: "authorization { user: me, password: hunter2 }" });
  const env = {
    LOG_URL: nats.url.replace("//", "//me:hunter2@"),
    ...{ LOG_REPLICAS: "1", CLUSTER: "c", JWT_SECRET: SECRET, API_KEYS: API_KEY },
  };
  try {
    const { out, err } = await command(["checkconfig"], { directory, env });
    expect(err).toBe("");
    expect(out).toContain("serve will make the stream switchboard-c with 1 replicas");
    expect(out).toContain(`LOG_URL=${nats.url.replace("//", "//<hidden>@")}\n`);
    expect(out).not.toContain("hunter2");
    const config = { ...logConfig(nats, "c"), LOG_URL: [env.LOG_URL] };
    await (await openLog(config, () => {})).stop();
    expect((await describeLog({ ...config, LOG_MAX_BYTES: 33_554_432 })).join("\n")).toContain(
      "switchboard-c is empty, 1 replicas\nLOG_MAX_BYTES is 33554432, and switchboard-c was made with 16777216",
    );
  } finally {
    await nats.stop();
  }
});
