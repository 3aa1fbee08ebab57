import { useState } from "react";
import { type MetricValue, useEvent, useMetrics } from "switchboard-client/react";
import { backend, freshToken, Header, show, urlOf } from "./page.tsx";

const CONTEXT = "classroom";
const METRICS = ["performance", "attention", "pace"];
/** Values that a line shows. */
const MAX_POINTS = 40;

function Figures() {
  const figures = useMetrics({
    url: urlOf("/api/analytics/ws"),
    token: freshToken,
    contextId: CONTEXT,
    metrics: METRICS,
  });
  const { values, client } = figures;
  const [lines, setLines] = useState<Readonly<Record<string, readonly number[]>>>({});
  useEvent(client, "metric_update", ({ data: { metric, value } }) => {
    if (typeof value !== "number") return;
    setLines((all) => ({ ...all, [metric]: [...(all[metric] ?? []), value].slice(-MAX_POINTS) }));
  });

  return (
    <>
      <Header title="Classroom" about="Live figures; a backend posts them" of={figures} />
      <main className="figures">
        {METRICS.map((metric) => (
          <Figure key={metric} metric={metric} value={values[metric]} line={lines[metric] ?? []} />
        ))}
      </main>
    </>
  );
}

interface FigureProps {
  metric: string;
  value: MetricValue | undefined;
  line: readonly number[];
}

function Figure({ metric, value, line }: FigureProps) {
  const share = typeof value === "number" ? value : undefined;
  const change = (by: number) =>
    backend("atomic", {
      room: `context:${CONTEXT}`,
      type: "metric_update",
      data: { metric, value: Math.round(Math.min(1, Math.max(0, (share ?? 0.5) + by)) * 100) / 100 },
    });
  return (
    <section className="card figure" aria-label={metric}>
      <h2>{metric}</h2>
      <p>{share === undefined ? "–" : `${Math.round(share * 100)} %`}</p>
      <svg viewBox={`0 0 ${MAX_POINTS - 1} 12`} preserveAspectRatio="none" aria-hidden="true">
        <polyline points={line.map((one, at) => `${at},${11 - one * 10}`).join(" ")} />
      </svg>
      <div className="row">
        <button type="button" onClick={() => change(-0.07)}>
          Lower
        </button>
        <button type="button" className="primary" onClick={() => change(0.1)}>
          Higher
        </button>
      </div>
    </section>
  );
}

show(<Figures />);
