import { element } from "./element.js";
import { field } from "./form.js";
import { parseJson } from "./json.js";

/**
 * An editor for messages of several kinds, as a form where the schema is known, and as JSON. `send(value)` resolves when
 * the message is sent; its errors are shown. `offer(kinds)` sets the kinds, each `{ name, schema?, example() }`.
 */
export function createEditor(panel, { id, what, button, send }) {
  const kind = element("select", { id: `${id}-kind`, onchange: () => reset() });
  const asJson = element(
    "button",
    { type: "button", "aria-pressed": "false", onclick: () => toggle() },
    "JSON",
  );
  const place = element("div", { class: "editor" });
  const answer = element("p", { class: "bad", role: "alert" });
  const text = element("textarea", {
    class: "code",
    spellcheck: "false",
    "aria-label": `${what} as JSON`,
  });
  const submit = element("button", { type: "submit", class: "main" }, button);
  const again = element("button", { type: "button", onclick: () => reset() }, "Example");
  panel.append(
    element(
      "form",
      { id: `${id}-form`, onsubmit },
      element(
        "div",
        { class: "row" },
        element("div", { class: "grow" }, element("label", { for: kind.id }, what), kind),
        asJson,
      ),
      place,
      element("p", { class: "row" }, submit, again),
      answer,
    ),
  );

  let kinds = [];
  let made;
  let wantsJson = false;
  const chosen = () => kinds[kind.selectedIndex];

  function show(value) {
    const schema = chosen()?.schema;
    asJson.disabled = schema === undefined;
    const isJson = wantsJson || schema === undefined;
    asJson.setAttribute("aria-pressed", String(isJson));
    made = isJson ? undefined : field(schema, value, { label: chosen().name });
    text.value = JSON.stringify(value, null, 2);
    text.rows = Math.min(20, text.value.split("\n").length + 1);
    place.replaceChildren(made ? made.element : text);
  }
  function reset() {
    answer.textContent = "";
    place.hidden = submit.disabled = again.disabled = kind.disabled = chosen() === undefined;
    if (chosen()) show(chosen().example());
  }
  function read() {
    if (made) return made.read();
    const value = parseJson(text.value);
    if (value === undefined)
      throw new Error("The text is not JSON. Correct it, or press Example to begin again");
    return value;
  }
  function toggle() {
    try {
      const value = read();
      wantsJson = !wantsJson;
      show(value);
      answer.textContent = "";
    } catch (error) {
      answer.textContent = error.message;
    }
  }
  async function onsubmit(event) {
    event.preventDefault();
    answer.textContent = "";
    try {
      // Text that is not JSON is sent too, so that the user sees how the server answers it.
      await send(made ? made.read() : (parseJson(text.value) ?? text.value));
    } catch (error) {
      answer.textContent = error.message;
    }
  }

  return {
    /** Shows the kind of this name first, or the kind that was chosen before. */
    offer(offered, first = chosen()?.name) {
      kinds = offered;
      kind.replaceChildren(...kinds.map(({ name }) => element("option", {}, name)));
      kind.selectedIndex = Math.max(
        0,
        kinds.findIndex(({ name }) => name === first),
      );
      reset();
    },
  };
}
