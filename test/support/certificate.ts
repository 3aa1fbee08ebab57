const openssl = Bun.which("openssl");
export const canMakeCertificates = openssl !== null;

/** Makes a self-signed certificate for localhost and its key, in these files. */
export function makeCertificate(
  cert: string,
  key: string,
  name = "localhost",
  algorithm: readonly string[] = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
): void {
  const made = Bun.spawnSync([
    ...[openssl ?? "openssl", "req", "-x509", "-newkey", ...algorithm, "-nodes"],
    ...["-days", "2", "-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    ...["-keyout", key, "-out", cert],
  ]);
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
}
