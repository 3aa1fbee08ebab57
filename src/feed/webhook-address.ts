import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Networks that are not public: the server's own, private ones, and those reserved for examples and tests. */
const PRIVATE_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"],
  ...["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
];
/** Within the allocated addresses. The last two contain IPv4 addresses. */
const PRIVATE_V6 = ["2001:db8::/32", "2001::/32", "2002::/16"];

const listOf = (networks: readonly string[], family: "ipv4" | "ipv6") => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits = ""] = network.split("/");
    list.addSubnet(address, Number(bits), family);
  }
  return list;
};
const privateV4 = listOf(PRIVATE_V4, "ipv4");
const privateV6 = listOf(PRIVATE_V6, "ipv6");
const allocated = listOf(["2000::/3"], "ipv6");

const isPublic = (address: string): boolean =>
  isIP(address) === 4
    ? !privateV4.check(address, "ipv4")
    : isIP(address) === 6 && allocated.check(address, "ipv6") && !privateV6.check(address, "ipv6");

/** `*`: any; `public`: https to public addresses; a host: that host, by http too. */
export type Allowed = readonly string[];

const isListed = (allowed: Allowed, host: string) =>
  allowed.some((one) => one === "*" || one === host || (one.startsWith("*.") && host.endsWith(one.slice(1))));

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();

/** Why a URL may not be used, as far as its text shows; undefined if it may. */
export function refusedUrl(url: URL, allowed: Allowed): string | undefined {
  const host = hostOf(url);
  if (url.username || url.password) return "must not hold a user or a password";
  if (isListed(allowed, host)) return undefined;
  if (!allowed.includes("public")) return `must be one of the hosts in WEBHOOK_ALLOW (${allowed.join(", ")})`;
  if (url.protocol !== "https:") return "must be https, or its host must be in WEBHOOK_ALLOW";
  if (isIP(host) !== 0 && !isPublic(host)) return "must be a public address, or be in WEBHOOK_ALLOW";
  return undefined;
}

/** The address to connect to: the one that was checked, also when the name resolves to another later. Throws. */
export async function addressOf(url: URL, allowed: Allowed): Promise<string> {
  const refused = refusedUrl(url, allowed);
  if (refused) throw new Error(`the url ${refused}`);
  const host = hostOf(url);
  const found = isIP(host)
    ? [host]
    : (await lookup(host, { all: true, order: "ipv4first" })).map(({ address }) => address);
  const [first] = found;
  if (first === undefined) throw new Error(`${host} has no address`);
  const hidden = isListed(allowed, host) ? undefined : found.find((address) => !isPublic(address));
  if (hidden !== undefined)
    throw new Error(`${host} is ${hidden}, which is no public address; WEBHOOK_ALLOW could name it`);
  return first;
}
