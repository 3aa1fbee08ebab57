import type { Histogram } from "../core/log/histogram.ts";

export type Labels = Readonly<Record<string, string>>;
/** One value, or one for each set of labels. */
export type Values = number | Iterable<readonly [Labels, number]>;

/** Writes metrics in the text format of Prometheus, version 0.0.4. */
export class Exposition {
  #text = "";

  /** A value that only grows; its name ends in `_total`. */
  counter(name: string, help: string, values: Values): void {
    this.#family(name, "counter", help);
    this.#samples(name, values);
  }

  gauge(name: string, help: string, values: Values): void {
    this.#family(name, "gauge", help);
    this.#samples(name, values);
  }

  histogram(name: string, help: string, { bounds, counts, sum, count }: Histogram): void {
    this.#family(name, "histogram", help);
    let below = 0;
    for (const [index, bound] of bounds.entries()) {
      below += counts[index]!;
      this.#sample(`${name}_bucket`, { le: String(bound) }, below);
    }
    this.#sample(`${name}_bucket`, { le: "+Inf" }, count);
    this.#sample(`${name}_sum`, {}, sum);
    this.#sample(`${name}_count`, {}, count);
  }

  get text(): string {
    return this.#text;
  }

  #family(name: string, type: string, help: string): void {
    this.#text += `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;
  }

  #samples(name: string, values: Values): void {
    if (typeof values === "number") this.#sample(name, {}, values);
    else for (const [labels, value] of values) this.#sample(name, labels, value);
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    this.#text += `${name}${pairs.length > 0 ? `{${pairs}}` : ""} ${value}\n`;
  }
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
