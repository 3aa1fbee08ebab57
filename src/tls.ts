import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { readPrivateFile } from "./config/private-file.ts";
import { type Config, ConfigError } from "./config.ts";
import type { Cancel, Clock } from "./core/ports/clock.ts";

/** A certificate with its chain, and its key, as PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

/** Reads TLS_CERT_FILE and TLS_KEY_FILE; undefined when they are not set. Throws `ConfigError`. */
export function readTls({ TLS_CERT_FILE, TLS_KEY_FILE }: Config): TlsPair | undefined {
  if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return undefined;
  try {
    const [cert, key] = [readFileSync(TLS_CERT_FILE, "utf8"), readPrivateFile(TLS_KEY_FILE)];
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw new Error("the key belongs to another certificate");
    return { cert, key, validTo: Date.parse(certificate.validTo) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ConfigError(`TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its key (${reason})`);
  }
}

const HANDSHAKE_MS = 2_000;

/**
 * Shakes hands with itself: a certificate that Bun loads may still be one with which no client can connect. Throws
 * `ConfigError`.
 */
export async function proveTls({ cert, key }: TlsPair): Promise<void> {
  const hostname = "127.0.0.1";
  try {
    const server = Bun.serve({ port: 0, hostname, tls: { cert, key }, fetch: () => new Response() });
    try {
      await handshake(hostname, server.port ?? 0);
    } finally {
      await server.stop(true);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ConfigError(`TLS_CERT_FILE, TLS_KEY_FILE: must be a pair that clients can use (${reason})`);
  }
}

function handshake(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Clients check the name and the issuer of the certificate.
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: HANDSHAKE_MS }, () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
    socket.on("timeout", () => socket.destroy(new Error("no handshake in time")));
  });
}

const CHECK_MS = 10_000;

/**
 * Checks every 10 s whether the files hold another pair, and passes a new pair on. A faulty pair is reported
 * once, if two checks in a row find it: a certificate is often written before its key.
 */
export function watchTls(
  config: Config,
  clock: Clock,
  { renew, failed }: { renew(pair: TlsPair): Promise<void>; failed(error: unknown): void },
): Cancel {
  let seen = contents(config);
  /** The pair in use, or the last one reported. */
  let done = seen;
  let isBusy = false;
  return clock.every(CHECK_MS, () => {
    if (!isBusy) void check();
  });

  async function check(): Promise<void> {
    const found = contents(config);
    const hasSettled = found === seen;
    seen = found;
    if (found === done) return;
    isBusy = true;
    try {
      const pair = readTls(config);
      if (pair) await renew(pair);
      done = found;
    } catch (error) {
      if (!hasSettled) return;
      done = found;
      failed(error);
    } finally {
      isBusy = false;
    }
  }
}

/** Contents of both files; "" while one of them cannot be read. */
function contents({ TLS_CERT_FILE = "", TLS_KEY_FILE = "" }: Config): string {
  try {
    return readFileSync(TLS_CERT_FILE, "utf8") + readFileSync(TLS_KEY_FILE, "utf8");
  } catch {
    return "";
  }
}
