import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
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
    const [cert, key] = [readFileSync(TLS_CERT_FILE, "utf8"), readFileSync(TLS_KEY_FILE, "utf8")];
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      throw new Error("the key belongs to another certificate");
    return { cert, key, validTo: Date.parse(certificate.validTo) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ConfigError(`TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its key (${reason})`);
  }
}

const LOOK_MS = 10_000;

/**
 * Checks every 10 s whether the files hold another pair, and passes a new pair on. A faulty pair is reported
 * once, if two checks in a row find it: a certificate is often written before its key.
 */
export function watchTls(
  config: Config,
  clock: Clock,
  { renew, failed }: { renew(pair: TlsPair): void; failed(error: unknown): void },
): Cancel {
  let seen = contents(config);
  /** The pair in use, or the last one reported. */
  let done = seen;
  return clock.every(LOOK_MS, () => {
    const found = contents(config);
    const hasSettled = found === seen;
    seen = found;
    if (found === done) return;
    try {
      const pair = readTls(config);
      if (pair) renew(pair);
      done = found;
    } catch (error) {
      if (!hasSettled) return;
      done = found;
      failed(error);
    }
  });
}

/** Contents of both files; "" while one of them cannot be read. */
function contents({ TLS_CERT_FILE = "", TLS_KEY_FILE = "" }: Config): string {
  try {
    return readFileSync(TLS_CERT_FILE, "utf8") + readFileSync(TLS_KEY_FILE, "utf8");
  } catch {
    return "";
  }
}
