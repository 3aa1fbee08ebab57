import { expect, test } from "bun:test";
import { type Fingerprints, fingerprintsOf, settingsWarning } from "../../src/cluster/settings.ts";

const settings = {
  JWT_SECRET: "a secret of 32 characters or more",
  JWT_JWKS_URL: "https://user:password@issuer.example/keys?policy=one",
  JWT_ISSUER: "issuer",
  JWT_AUDIENCE: "audience",
  API_KEYS: ["first-key-of-16-characters", "name:second-key-of-16-characters:admin"],
};
const peer = (name: string, changed: Partial<typeof settings>) => ({
  name,
  settings: fingerprintsOf({ ...settings, ...changed }),
});
const warningOf = (...peers: { name: string; settings?: Fingerprints }[]) =>
  settingsWarning(fingerprintsOf(settings), peers);

test("a fingerprint shows nothing of its setting, and one setting's says nothing of another's", () => {
  const prints = Object.values(fingerprintsOf({ ...settings, JWT_ISSUER: "same", JWT_AUDIENCE: "same" }));
  for (const print of prints) expect(print).toMatch(/^[0-9a-f]{12}$/);
  expect(new Set(prints).size).toBe(5);
});

test("each setting that is another is named, with the nodes where it is", () => {
  for (const changed of [
    { JWT_SECRET: "another secret of 32 characters or more" },
    { JWT_JWKS_URL: "https://issuer.example/keys?policy=two" },
    { JWT_ISSUER: "another" },
    { JWT_AUDIENCE: undefined },
    { API_KEYS: settings.API_KEYS.slice(1) },
  ])
    expect(warningOf(peer("b", changed as Partial<typeof settings>), peer("c", {}))).toBe(
      `settings differ from those of other nodes, and what one accepts another may refuse: ${Object.keys(changed)[0]} (b)`,
    );
});

test("the order of keys, the account of a URL and a version that sends no fingerprints are no difference", () => {
  const same = peer("b", {
    API_KEYS: settings.API_KEYS.toReversed(),
    JWT_JWKS_URL: "https://other:account@issuer.example/keys?policy=one",
  });
  expect(warningOf(same, { name: "old" })).toBeUndefined();
});
