import { expect, test } from "bun:test";
import { addressIn, networkOf } from "../../../src/core/inbound/network.ts";

test.each([
  ["203.0.113.9", "203.0.113.9"],
  ["::ffff:203.0.113.9", "203.0.113.9"],
  ["::FFFF:cb00:7109", "203.0.113.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::9", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["1::", "1:0:0:0::/64"],
  ["", ""],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["unknown", "unknown"],
  ["]/@evil", "]/@evil"],
])("%s is counted as %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ["203.0.113.9", "203.0.113.9"],
  [" 203.0.113.9 ", "203.0.113.9"],
  ["203.0.113.9:4711", "203.0.113.9"],
  ["2001:db8::9", "2001:db8::9"],
  ["[2001:db8::9]", "2001:db8::9"],
  ["[2001:db8::9]:4711", "2001:db8::9"],
  ["", undefined],
  ["unknown", undefined],
  ["fe80::1%eth0", "fe80::1"],
  ["[fe80::1%25]:4711", "fe80::1"],
  ["203.0.113.9%eth0", undefined],
  ["_hidden", undefined],
  ["203.0.113", undefined],
  ["203.0.113.9\u009b31m", undefined],
  ["[203.0.113.9", undefined],
])("in %p of X-Forwarded-For the address is %p", (entry, address) => {
  expect(addressIn(entry)).toBe(address);
});
