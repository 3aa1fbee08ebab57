import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

export type Algorithm = "RS256" | "ES256" | "EdDSA";

/** A key pair of an identity provider: what it publishes, and what it signs with. */
export async function makeKey(alg: Algorithm, kid?: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const named = kid === undefined ? {} : { kid };
  const published: JWK = { ...(await exportJWK(publicKey)), ...named, alg, use: "sig" };
  return {
    published,
    publicKey,
    privateKey,
    sign: (payload: JWTPayload, header: Record<string, unknown> = {}) =>
      new SignJWT(payload).setProtectedHeader({ alg, ...named, ...header }).sign(privateKey),
  };
}

/** An identity provider's key set behind a real port. */
export function serveKeys(first: readonly JWK[], onRequest: () => void = () => {}) {
  let requests = 0;
  let keys = first;
  let respond = (): Response | Promise<Response> => Response.json({ keys });
  const server = Bun.serve({
    port: 0,
    fetch() {
      requests += 1;
      onRequest();
      return respond();
    },
  });
  return {
    url: new URL("/.well-known/jwks.json", server.url).href,
    get requests() {
      return requests;
    },
    publish(next: readonly JWK[]) {
      keys = next;
    },
    answerWith(answer: () => Response | Promise<Response>) {
      respond = answer;
    },
    recover() {
      respond = () => Response.json({ keys });
    },
    stop: () => server.stop(true),
  };
}
