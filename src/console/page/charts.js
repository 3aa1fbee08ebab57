import { element } from "./element.js";

const SVG = "http://www.w3.org/2000/svg";
const SAMPLES = 60;
const [WIDTH, HEIGHT] = [240, 48];

const shape = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
};

/** A chart of the latest values that shows the last one as text: `{ element, add(value) }`. */
export function createChart(title, format) {
  const values = [];
  const now = element("output", {}, "–");
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const area = shape("path", { class: "area" });
  const line = shape("path", { class: "line", "vector-effect": "non-scaling-stroke" });
  svg.append(area, line);
  const shown = element("figure", {}, element("figcaption", {}, element("span", {}, title), now), svg);

  function add(value) {
    values.push(value);
    if (values.length > SAMPLES) values.shift();
    const most = Math.max(...values, 1e-9) * 1.1;
    const x = (index) => ((SAMPLES - values.length + index) * WIDTH) / (SAMPLES - 1);
    const y = (one) => HEIGHT - 1 - (one / most) * (HEIGHT - 3);
    const points = values.map((one, index) => `${x(index).toFixed(1)} ${y(one).toFixed(1)}`);
    line.setAttribute("d", `M${points.join("L")}`);
    area.setAttribute("d", `M${x(0).toFixed(1)} ${HEIGHT}L${points.join("L")}L${WIDTH} ${HEIGHT}Z`);
    now.textContent = format(value);
    const [least, greatest] = [Math.min(...values), Math.max(...values)].map(format);
    svg.setAttribute(
      "aria-label",
      `${title}: now ${format(value)}, between ${least} and ${greatest} in the last two minutes`,
    );
  }
  return { element: shown, add };
}
