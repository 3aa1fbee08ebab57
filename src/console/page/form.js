import { element } from "./element.js";
import { parseJson } from "./json.js";

/** Deeper values are written as JSON, and so are values whose schema has no form. */
const MAX_DEPTH = 6;
/** A bound above this is not shown. */
const MAX_HINT = 1_000_000;
let ids = 0;

/**
 * A field for a value of this JSON schema: `{ element, read() }`. `read()` returns undefined for an optional value that
 * is left out.
 */
export function field(schema, value, { label, required = true, depth = 0 }) {
  const known = merged(schema ?? {});
  const options = { label, required, depth };
  const variants = (known.anyOf ?? known.oneOf)?.map(merged);
  if (depth > MAX_DEPTH) return jsonField(value, options);
  if (known.const !== undefined) {
    return required ? fixedField(known.const, options) : choiceField([known.const], value, options);
  }
  if (known.enum) return choiceField(known.enum, value, options);
  if (variants) return variantField(variants, value, options);
  const kind = Array.isArray(known.type) ? known.type.find((type) => type !== "null") : known.type;
  if (kind === "object" && known.properties) return objectField(known, value, options);
  if (kind === "array" && known.items) return listField(known, value, options);
  if (kind === "boolean") return choiceField([true, false], value, options);
  if (kind === "string") return textField(known, value, options);
  if (kind === "number" || kind === "integer") return numberField(known, value, options);
  if (kind === "null") return fixedField(null, options);
  return jsonField(value, options);
}

/** One schema instead of `allOf`. The descriptions have no `$ref` in a schema. */
function merged(schema) {
  if (!schema.allOf) return schema;
  const { allOf, ...rest } = schema;
  const all = [rest, ...allOf.map(merged)];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
    required: all.flatMap(({ required = [] }) => required),
  };
}

const title = ({ label, required }) => (required ? label : `${label} (optional)`);

function labelled(input, options, hint) {
  input.id = `field-${++ids}`;
  const parts = [element("label", { for: input.id }, title(options)), input];
  if (hint) {
    input.setAttribute("aria-describedby", `${input.id}-hint`);
    parts.push(element("small", { id: `${input.id}-hint` }, hint));
  }
  return element("div", { class: input.rows ? "field long" : "field" }, ...parts);
}

function textField(schema, value, options) {
  const isLong = ["content", "description", "message"].includes(options.label);
  const input = element(isLong ? "textarea" : "input", { autocomplete: "off", spellcheck: "false" });
  if (isLong) input.rows = 2;
  input.value = value ?? "";
  // An empty optional field is left out, unless the example is empty too.
  const read = () => (input.value === "" && !options.required && value !== "" ? undefined : input.value);
  return { element: labelled(input, options, schema.description), read };
}

function numberField(schema, value, options) {
  const input = element("input", { inputmode: "decimal", autocomplete: "off" });
  input.value = value ?? "";
  const { minimum, maximum } = schema;
  const hint = minimum !== undefined && maximum <= MAX_HINT ? `${minimum} to ${maximum}` : undefined;
  const read = () => {
    if (input.value.trim() === "") return options.required ? "" : undefined;
    const number = Number(input.value);
    // Other text is sent as it is: the server's error explains it best.
    return Number.isNaN(number) ? input.value : number;
  };
  return { element: labelled(input, options, schema.description ?? hint), read };
}

function choiceField(values, value, options) {
  const all = options.required ? values : [undefined, ...values];
  const select = element("select");
  for (const one of all) select.append(element("option", {}, one === undefined ? "–" : String(one)));
  select.selectedIndex = Math.max(0, all.indexOf(value));
  return { element: labelled(select, options), read: () => all[select.selectedIndex] };
}

function fixedField(value, options) {
  const shown = element("output", { class: "code" }, JSON.stringify(value));
  return { element: labelled(shown, options), read: () => value };
}

function jsonField(value, options) {
  const area = element("textarea", { rows: 3, spellcheck: "false", class: "code" });
  area.value = value === undefined ? "" : JSON.stringify(value);
  const read = () => {
    if (area.value.trim() === "") return undefined;
    const found = parseJson(area.value);
    // Other text is sent as it is: the server's error explains it best. `null` is valid JSON.
    return found === undefined ? area.value : found;
  };
  return { element: labelled(area, options, "JSON"), read };
}

function objectField({ properties, required = [] }, value, options) {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const its = { ...options, label: name, required: required.includes(name), depth: options.depth + 1 };
    return [name, optional(schema, value?.[name], its)];
  });
  const box = element("fieldset", {}, element("legend", {}, title(options)));
  box.append(...fields.map(([, { element }]) => element));
  const read = () =>
    Object.fromEntries(
      fields.map(([name, { read }]) => [name, read()]).filter(([, found]) => found !== undefined),
    );
  return { element: box, read };
}

/** An optional object or list is left out until the user adds it. */
function optional(schema, value, options) {
  const known = merged(schema);
  const isBig = known.properties || known.type === "array";
  if (options.required || value !== undefined || !isBig) return field(schema, value, options);
  let made;
  const box = element("div", { class: "field" });
  const add = () => {
    made = field(schema, undefined, options);
    box.replaceChildren(made.element);
    made.element.querySelector("input, select, textarea, button")?.focus();
  };
  box.append(element("button", { type: "button", class: "quiet", onclick: add }, `Add ${options.label}`));
  return { element: box, read: () => made?.read() };
}

function listField(schema, value, options) {
  const box = element("fieldset", {}, element("legend", {}, title(options)));
  const items = new Set();
  const add = (item) => {
    const its = { ...options, label: `${options.label} ${items.size + 1}`, required: true };
    const made = field(schema.items, item, { ...its, depth: options.depth + 1 });
    const remove = () => {
      items.delete(made);
      row.remove();
      more.focus();
    };
    const label = `Remove ${its.label}`;
    const button = element(
      "button",
      { type: "button", class: "quiet", "aria-label": label, onclick: remove },
      "×",
    );
    const row = element("div", { class: "item" }, made.element, button);
    items.add(made);
    more.before(row);
    return made;
  };
  const more = element(
    "button",
    {
      type: "button",
      class: "quiet",
      onclick: () => add(undefined).element.querySelector("input, select, textarea")?.focus(),
    },
    "Add one",
  );
  box.append(more);
  for (const item of value ?? []) add(item);
  const read = () =>
    items.size === 0 && !options.required && !value ? undefined : [...items].map((one) => one.read());
  return { element: box, read };
}

/** A choice between several shapes. The shape of the example is chosen at first. */
function variantField(variants, value, options) {
  const names = variants.map((one, index) => one.title ?? nameOf(one) ?? `Shape ${index + 1}`);
  const fits = variants.findIndex((one) => isLike(one, value));
  const select = element("select", { "aria-label": `Shape of ${options.label}` });
  for (const name of names) select.append(element("option", {}, name));
  select.selectedIndex = Math.max(0, fits);
  const place = element("div");
  let made;
  const show = () => {
    const chosen = select.selectedIndex;
    made = field(variants[chosen], chosen === fits ? value : undefined, {
      ...options,
      depth: options.depth + 1,
    });
    place.replaceChildren(made.element);
  };
  select.addEventListener("change", show);
  show();
  return { element: element("div", { class: "field variant" }, select, place), read: () => made.read() };
}

function nameOf({ type, properties = {} }) {
  const constants = Object.values(properties).flatMap((property) => property.const ?? []);
  return constants.length > 0 ? constants.join(" ") : type;
}

function isLike(schema, value) {
  if (schema.const !== undefined) return schema.const === value;
  if (schema.properties) {
    if (value === null || typeof value !== "object") return false;
    return Object.entries(schema.properties).every(
      ([name, one]) => one.const === undefined || one.const === value[name],
    );
  }
  if (schema.type === "null") return value === null;
  if (schema.type === "integer") return Number.isInteger(value);
  return schema.type === (Array.isArray(value) ? "array" : typeof value);
}
