import { isIP } from "node:net";

/** The link of the machine that an IPv6 address was seen at, `%eth0`: it is no part of whose address it is. */
const ZONE = /%.+$/;

/** The address in an entry of X-Forwarded-For, where some proxies add the port; undefined without one. */
export function addressIn(entry: string): string | undefined {
  const address = entry.trim().replace(/^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/, "$1$2");
  return isIP(address) ? address.replace(ZONE, "") : undefined;
}

/**
 * What one client is counted by: its IPv4 address, or the /64 of its IPv6 address, of which it has as many
 * addresses as it likes. A text that is not an address stays as it is.
 */
export function networkOf(address: string): string {
  const groups = groupsOf(address);
  if (!groups) return address;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join(".");
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] | undefined {
  const canonical = URL.parse(`http://[${address.replace(ZONE, "")}]/`)?.hostname.slice(1, -1);
  if (canonical === undefined) return undefined;
  const [left = [], right = []] = canonical
    .split("::")
    .map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}
