/**
 * Makes an element. An attribute that is a function is a listener, such as `onclick`; `true` is an attribute without a
 * value, and `false` leaves it out. Children that are strings become text, never markup.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

export const byId = (id) => document.getElementById(id);
