import {
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

interface KeyPair {
  /** The raw 32 bytes in base64. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export function createKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { publicKey: Buffer.from(x, "base64url").toString("base64"), privateKey };
}

/** An X25519 public key from its raw 32 bytes. */
export const importPublicKey = (raw: Buffer): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: "X25519", x: raw.toString("base64url") }, format: "jwk" });

/**
 * The AES-256 key that both sides derive. Throws for a public key of low order: its shared secret is zero for
 * every private key, so everybody would know the key.
 */
export const agree = (privateKey: KeyObject, publicKey: KeyObject): KeyObject =>
  deriveKey(diffieHellman({ privateKey, publicKey }));

/** HKDF-SHA-256 (RFC 5869) with neither salt nor info, 32 bytes. */
export const deriveKey = (secret: Buffer): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "", 32)));
