import { expect, test } from "bun:test";
import net from "node:net";
import { join } from "node:path";
import { openDatabase } from "../../src/storage/database.ts";
import { Balancer } from "../../src/verify/cluster/balancer.ts";
import { type Cut, Link } from "../../src/verify/cluster/link.ts";
import { differences } from "../../src/verify/cluster/same.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventually } from "../support/eventually.ts";

test("databases of nodes differ where they came to different events, and not in the ids of their rows", () => {
  const directory = temporaryDirectory();
  const files = ["a.db", "b.db"].map((name) => join(directory, name)) as [string, string];
  const [a, b] = files.map((file) => openDatabase(file, "NORMAL").client);
  const add = (client: typeof a, id: number, body: string) => {
    client!.run("insert or ignore into rooms (id, name) values (?, 'chat:1')", [id]);
    client!.run(
      `insert into events (position, room_id, "offset", count, time, kind, entry, silent, body)
       values (1, ?, 1, 1, 0, 'k', 'e', 0, ?)`,
      [id, body],
    );
  };
  add(a, 1, "one");
  add(b, 7, "one");
  expect(differences(files)).toEqual([]);
  b!.run("update events set body = 'two'");
  expect(differences(files)).toEqual([expect.stringMatching(/^events: 1 rows, \w+; 1 rows, \w+$/)]);
  a?.close();
  b?.close();
});

const listening = (node: net.Server) =>
  new Promise<number>((resolve) =>
    node.listen(0, "127.0.0.1", () => resolve((node.address() as net.AddressInfo).port)),
  );

test("the balancer goes round the nodes, and passes over one that is down", async () => {
  const nodes = ["one", "two"].map((name) => net.createServer((socket) => socket.end(name)));
  const ports = await Promise.all(nodes.map(listening));
  const balancer = await Balancer.open(() => [...ports, 1]);
  const ask = () =>
    new Promise<string>((resolve) => {
      let text = "";
      net
        .connect(balancer.port, "127.0.0.1")
        .on("data", (chunk) => {
          text += String(chunk);
        })
        .on("close", () => resolve(text));
    });
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual(["one", "two", "one", "one"]);
  balancer.close();
  for (const node of nodes) node.close();
});

test("what a node refuses, or goes down with, goes on to the next one, unless it is a POST", async () => {
  const answers = ["", "HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"];
  const nodes = answers.map((answer) =>
    net.createServer((socket) => socket.once("data", () => socket.end(answer))),
  );
  const ports = await Promise.all(nodes.map(listening));
  const balancer = await Balancer.open(() => ports);
  const ask = (method: string) =>
    new Promise<string>((resolve) => {
      let text = "";
      net
        .connect(balancer.port, "127.0.0.1", function (this: net.Socket) {
          this.write(`${method} / HTTP/1.1\r\n\r\n`);
        })
        .on("data", (chunk) => {
          text += String(chunk);
        })
        .on("close", () => resolve(text.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length)));
    });
  expect([await ask("GET"), await ask("GET"), await ask("GET")]).toEqual(["200", "200", "200"]);
  expect([await ask("POST"), await ask("POST"), await ask("POST")]).toEqual(["", "503", "200"]);
  balancer.close();
  for (const node of nodes) node.close();
});

test("a link passes what both ends say; where it is cut, that waits until it is whole", async () => {
  const far: net.Socket[] = [];
  const heard: string[] = [];
  const target = net.createServer((socket) => {
    far.push(socket);
    socket.on("data", (chunk) => heard.push(`out ${chunk}`));
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  const link = await Link.open((target.address() as net.AddressInfo).port);
  const near = net.connect(link.port, "127.0.0.1").on("data", (chunk) => heard.push(`in ${chunk}`));
  await eventually(() => far.length === 1);
  /** Both ends say a word; resolves when those that are not cut have arrived. */
  const say = async (word: string, cut?: Cut) => {
    near.write(word);
    far[0]!.write(word);
    const passing = [...(cut !== "out" ? ["out"] : []), ...(cut !== "in" ? ["in"] : [])];
    await eventually(() => passing.every((way) => heard.includes(`${way} ${word}`)));
  };
  await say("one");
  link.cut("out");
  await say("two", "out");
  expect(heard).not.toContain("out two");
  link.heal();
  await eventually(() => heard.includes("out two"));
  link.cut("in");
  await say("three", "in");
  expect(heard).not.toContain("in three");
  link.heal();
  await eventually(() => heard.includes("in three"));
  let isClosed = false;
  near.on("close", () => {
    isClosed = true;
  });
  link.cut("both");
  far[0]!.destroy();
  const other = net.connect(link.port, "127.0.0.1");
  await eventually(() => far.length === 2);
  expect(isClosed).toBe(false);
  link.heal();
  await eventually(() => isClosed);
  other.destroy();
  link.close();
  target.close();
});
