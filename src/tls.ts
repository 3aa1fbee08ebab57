import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Config, ConfigError } from "./config.ts";

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
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error("the key is another's");
    return { cert, key, validTo: Date.parse(certificate.validTo) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ConfigError(`TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its key (${reason})`);
  }
}
