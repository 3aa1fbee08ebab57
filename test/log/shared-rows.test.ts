import { expect, test } from "bun:test";
import { connectToLog } from "../../src/log/connection.ts";
import { SharedRows } from "../../src/log/shared-rows.ts";
import { Link } from "../../src/verify/cluster/link.ts";
import { hasNats, startNats } from "../support/nats.ts";
import { stopAfterAll } from "../support/server.ts";
import { logConfig } from "./follower.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const MS = 10_000;

async function node({ url }: { readonly url: string } = nats!) {
  const config = logConfig({ url } as never, "c");
  const connection = await connectToLog(config, 1_000);
  const lost = Promise.withResolvers<void>();
  const rows = new SharedRows<{ name: string; place: number }>(connection, config, "webhooks", lost.resolve);
  return { rows, lost: lost.promise, stop: () => connection.close() };
}

test.skipIf(!nats)(
  "rows outlive the node that works with them, and one that another has taken them from writes nothing more",
  async () => {
    const [a, b] = [await node(), await node()];
    expect(await a.rows.load()).toEqual([]);
    for (const place of [1, 2, 3]) a.rows.save({ name: "one", place });
    a.rows.save({ name: "two", place: 1 });
    expect(await a.rows.flushed(MS)).toBe(true);
    a.rows.remove("two");
    await a.rows.flushed(MS);
    a.rows.save({ name: "two", place: 2 });
    await a.rows.flushed(MS);
    await a.rows.add({ name: "two", place: 9 });
    await a.rows.add({ name: "old", place: 1 });

    const all = [
      { name: "old", place: 1 },
      { name: "one", place: 3 },
      { name: "two", place: 2 },
    ];
    expect(await b.rows.load()).toEqual(all);
    a.rows.save({ name: "one", place: 4 });
    await a.lost;
    b.rows.save({ name: "two", place: 5 });
    await b.rows.flushed(MS);
    expect(await a.rows.load()).toEqual([...all.slice(0, 2), { name: "two", place: 5 }]);
    await a.stop();
    await b.stop();
  },
);

test.skipIf(!nats)(
  "a row that is removed is gone, also when the server's answer to its creation is lost",
  async () => {
    const link = await Link.open(Number(new URL(nats!.url).port));
    const [a, b] = [await node({ url: `nats://127.0.0.1:${link.port}` }), await node()];
    await a.rows.load();
    link.cut("in");
    a.rows.save({ name: "unsure", place: 1 });
    // By then the request is given up, which the server has taken.
    expect(await a.rows.flushed(2_200)).toBe(false);
    a.rows.remove("unsure");
    link.heal();
    expect(await a.rows.flushed(MS)).toBe(true);
    expect((await b.rows.load()).map(({ name }) => name)).not.toContain("unsure");
    await a.stop();
    await b.stop();
    link.close();
  },
);
