/** Nobody else makes the same. Where `crypto.randomUUID` is kept from pages without TLS, as good as that. */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
