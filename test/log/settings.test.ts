import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { SECRET, startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string, env: Record<string, string> = {}) =>
  stopAfterAll(await startTestServer({ env: { ...clusterEnv(nats!, name), ...env } }));

const gauge = async (node: TestServer) =>
  /^switchboard_cluster_settings_differ (\d)$/m.exec(await (await node.http("GET", "/metrics")).text())?.[1];
const warnings = async (node: TestServer): Promise<unknown[]> => {
  const { nodes } = (await (await node.http("GET", "/v1/cluster")).json()) as {
    nodes: { warning: unknown }[];
  };
  return nodes.map(({ warning }) => warning);
};
const warningOf = (differing: string) =>
  `settings differ from those of other nodes, and what one accepts another may refuse: ${differing}`;

test.skipIf(!nats)(
  "a node with another secret for tokens is ready; it and the others say so while it is there",
  async () => {
    const [a, b] = [await startNode("a"), await startNode("b")];
    const other = await startNode("other", { JWT_SECRET: `${SECRET} of another day`, JWT_ISSUER: "issuer" });
    const own = "JWT_SECRET (a, b), JWT_ISSUER (a, b)";
    const peers = "JWT_SECRET (other), JWT_ISSUER (other)";
    const all = [peers, peers, own].map(warningOf);
    await eventually(async () => Bun.deepEquals(await warnings(b), all));
    for (const node of [a, b, other]) {
      expect((await node.http("GET", "/health/ready")).status).toBe(200);
      expect(await gauge(node)).toBe("1");
      expect(node.lines.join("")).not.toContain(SECRET);
    }
    const told = ({ lines }: TestServer) => lines.filter((line) => line.includes("settings differ"));
    expect([a, b, other].map((node) => told(node).length)).toEqual([1, 1, 2]);
    expect(told(a)[0]).toContain(warningOf(peers));
    await other.shutdown();
    await eventually(async () => (await gauge(a)) === "0" && (await gauge(b)) === "0");
    expect(await warnings(a)).toEqual([null, null]);
  },
);
