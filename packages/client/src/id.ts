/** Nobody else makes the same. Where `crypto.randomUUID` is kept from pages without TLS, as good as that. */
export const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
