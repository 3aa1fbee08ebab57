/** What one metric of an exposition says. */
export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  /** By series, as it stands: `name{labels}`. */
  readonly series: Map<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABELS = /^(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,(?!$)|$))*$/;
const VALUE = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/;

/** Reads the text format of Prometheus strictly, and says what a linter would not let pass. */
export function readExposition(text: string) {
  const families = new Map<string, ReadFamily>();
  const problems: string[] = [];
  let [name, help]: (string | undefined)[] = [];
  if (!text.endsWith("\n")) problems.push("no line end at the end");
  for (const line of text.split("\n").slice(0, -1)) {
    const [, about, of = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (about === "HELP") {
      if (families.has(of)) problems.push(`${of}: HELP twice, or its series do not stand together`);
      if (!NAME.test(of) || of !== of.toLowerCase()) problems.push(`${of}: no name`);
      [name, help] = [of, rest];
    } else if (about === "TYPE") {
      if (of !== name || help === undefined) problems.push(`${of}: TYPE does not follow its HELP`);
      families.set(of, { type: rest, help: help ?? "", series: new Map() });
      help = undefined;
    } else sample(line);
  }
  for (const [of, family] of families) problems.push(...lint(of, family));
  return { families, problems };

  function sample(line: string): void {
    const [, of = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    const family = families.get(name ?? "");
    if (!of || !LABELS.test(labels) || !VALUE.test(value)) problems.push(`not a sample: ${line}`);
    else if (!family) problems.push(`${of}: no TYPE before it`);
    else {
      const suffix = family.type === "histogram" ? /^(_bucket|_sum|_count)$/ : /^$/;
      if (!of.startsWith(name!) || !suffix.test(of.slice(name!.length)))
        problems.push(`${of}: stands among the series of ${name}`);
      const series = labels ? `${of}{${labels}}` : of;
      if (family.series.has(series)) problems.push(`${series}: twice`);
      family.series.set(series, Number(value.replace("Inf", "Infinity")));
    }
  }
}

function lint(name: string, { type, series }: ReadFamily): string[] {
  const problems: string[] = [];
  const wrong = (what: string) => problems.push(`${name}: ${what}`);
  if (!/^(switchboard|process)_/.test(name)) wrong("no prefix");
  if (/_(milliseconds|ms|kilobytes|mb|minutes)(_|$)/.test(name)) wrong("no base unit");
  if ((type === "counter") !== name.endsWith("_total")) wrong(`a ${type}`);
  if (!["counter", "gauge", "histogram"].includes(type)) wrong(`type ${type}`);
  if (type !== "gauge" && [...series.values()].some((value) => !(value >= 0))) wrong("less than nothing");
  if (type === "histogram") {
    const buckets = [...series].filter(([key]) => key.startsWith(`${name}_bucket{`));
    const bounds = buckets.map(([key]) => Number(/le="(.*)"/.exec(key)?.[1]?.replace("+Inf", "Infinity")));
    const rising = (numbers: readonly number[], strictly: boolean) =>
      numbers.every((n, at) => at === 0 || (strictly ? n > numbers[at - 1]! : n >= numbers[at - 1]!));
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || !rising(bounds, true))
      wrong("bounds do not rise to +Inf");
    if (
      !rising(
        buckets.map(([, value]) => value),
        false,
      )
    )
      wrong("buckets do not add up");
    if (buckets.at(-1)?.[1] !== series.get(`${name}_count`)) wrong("the count is not that of +Inf");
    if (!series.has(`${name}_sum`)) wrong("no sum");
  }
  return problems;
}

/** The value of a series of a server, as `/metrics` has it; undefined when it is not there. */
export async function metricOf(
  { port }: { readonly port: number },
  series: string,
): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const name = /^[^{]+/.exec(series)?.[0] ?? "";
  const { families } = readExposition(text);
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ""));
  return family?.series.get(series);
}
