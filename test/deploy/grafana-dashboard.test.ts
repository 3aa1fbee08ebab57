import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { readExposition } from "../support/exposition.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly datasource?: unknown;
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: unknown;
  }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

const dashboard: Dashboard = await Bun.file(
  join(import.meta.dir, "../../deploy/grafana-dashboard.json"),
).json();
const targets = dashboard.panels.flatMap(({ targets = [] }) => targets);

let families: ReturnType<typeof readExposition>["families"];
// A node of several shows more.
const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const server = stopAfterAll(await startTestServer({ env: nats ? clusterEnv(nats, "one") : {} }));
beforeAll(async () => {
  // What has labels that nobody knows beforehand is shown once it has happened.
  expect((await server.http("GET", "/ws")).status).toBe(426);
  const ada = await server.chat("ada");
  ada.close();
  await ada.closed;
  const url = `http://127.0.0.1:${server.port}/health/live`;
  // Of several nodes the one that holds the lease sends, and takes it a moment after the start.
  await eventually(async () => (await server.http("PUT", "/v1/webhooks/one", { url })).ok);
  await server.http("POST", "/v1/webhooks/one/test", {});
  families = readExposition(await (await server.http("GET", "/metrics")).text()).families;
});

test("every metric that the dashboard asks for is there, of the kind that it is asked as", () => {
  const asked = new Set(targets.flatMap(({ expr }) => expr.match(/\b(?:switchboard|process)_\w+/g) ?? []));
  expect(asked.size).toBeGreaterThan(20);
  const ofSeveral = /^switchboard_(?:log_(?!lines|position|hash|info)|cluster_)/;
  for (const name of asked) {
    if (!nats && ofSeveral.test(name)) continue;
    const family = families.get(name) ?? families.get(name.replace(/_bucket$/, ""));
    expect([name, family?.type]).toEqual([name, expectedType(name)]);
  }
});

const expectedType = (name: string): string =>
  name.endsWith("_total") ? "counter" : name.endsWith("_bucket") ? "histogram" : "gauge";

test("every metric that an alert asks for is there, under that name", async () => {
  const { groups } = Bun.YAML.parse(
    await Bun.file(join(import.meta.dir, "../../deploy/alerts.yaml")).text(),
  ) as { groups: { rules: { alert: string; expr: string }[] }[] };
  const rules = groups.flatMap(({ rules }) => rules);
  const asked = rules.flatMap(({ expr }) => expr.match(/\b(?:switchboard|process)_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThanOrEqual(rules.length);
  if (nats) expect(asked.filter((name) => !families.has(name))).toEqual([]);
});

test("every metric that there is has a place on the dashboard", () => {
  const expressions = targets.map(({ expr }) => expr).join("\n");
  expect([...families.keys()].filter((name) => !expressions.includes(name))).toEqual([]);
});

test("every label that it sorts by or shows is one of the metric's", () => {
  for (const { expr, legendFormat } of targets) {
    const [name = ""] = /\b(?:switchboard|process)_\w+/.exec(expr) ?? [];
    const series = [
      ...((families.get(name) ?? families.get(name.replace(/_bucket$/, "")))?.series.keys() ?? []),
    ];
    const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
    const sorted = /\bby \(([\w, ]+)\)/.exec(expr)?.[1]?.split(/, */) ?? [];
    for (const label of [...labels, ...sorted]) {
      if (label === "instance") continue; // Prometheus adds it.
      expect([expr, label, series.some((one) => one.includes(`${label}="`))]).toEqual([expr, label, true]);
    }
  }
});

test("everything is asked of the data source that is chosen, and no two panels share an id or a place", () => {
  expect(dashboard.templating.list.find(({ name }) => name === "datasource")?.type).toBe("datasource");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how Grafana names a variable.
  const chosen = { type: "prometheus", uid: "${datasource}" };
  for (const panel of dashboard.panels) if (panel.type !== "row") expect(panel.datasource).toEqual(chosen);
  for (const { datasource } of targets) expect(datasource).toEqual(chosen);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
