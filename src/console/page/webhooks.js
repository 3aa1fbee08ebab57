import { byId, element } from "./element.js";
import { askAsBackend, hasKey } from "./server.js";
import { words } from "./words.js";

const EVERY_MS = 2_000;
const SECRET_BYTES = 32;
const NO_KEY = "Type in an API key. The first start of a server writes one to data/api-key.";

const at = (name) => `/webhooks/${encodeURIComponent(name)}`;

/** The page of webhooks. `refresh()` reads their state from the server. */
export function startWebhooks() {
  const [list, state, panel] = [byId("webhook-list"), byId("webhooks-state"), byId("panel-webhooks")];
  /** By name. A card stays over refreshes, so that its buttons keep the focus. */
  const cards = new Map();

  async function refresh() {
    if (!hasKey()) {
      cards.clear();
      list.replaceChildren();
      state.textContent = NO_KEY;
      return;
    }
    try {
      const { webhooks } = await askAsBackend("GET", "/webhooks");
      const names = new Set(webhooks.map(({ name }) => name));
      for (const [name, card] of cards) {
        if (names.has(name)) continue;
        card.element.remove();
        cards.delete(name);
      }
      for (const webhook of webhooks) {
        const card = cards.get(webhook.name) ?? createCard(webhook.name, refresh);
        if (!cards.has(webhook.name)) list.append(card.element);
        cards.set(webhook.name, card);
        card.show(webhook);
      }
      state.textContent = webhooks.length === 0 ? "There is no webhook." : "";
    } catch (error) {
      state.textContent = error.message;
    }
  }

  byId("webhook-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = byId("webhook-name").value.trim();
    byId("webhook-answer").textContent = "";
    try {
      const { secret } = await askAsBackend("PUT", at(name), {
        url: byId("webhook-url").value.trim(),
        protocols: words(byId("webhook-protocols").value),
        rooms: words(byId("webhook-rooms").value),
        kinds: words(byId("webhook-kinds").value),
        from: byId("webhook-from").value,
      });
      await refresh();
      cards.get(name)?.showSecret(secret);
    } catch (error) {
      byId("webhook-answer").textContent = hasKey() ? error.message : NO_KEY;
    }
  });

  async function watch() {
    if (!document.hidden && !panel.hidden && hasKey()) await refresh();
    setTimeout(watch, EVERY_MS);
  }
  refresh();
  watch();
  return { refresh };
}

/** One webhook: its state, and buttons that change it. */
function createCard(name, refresh) {
  const facts = element("dl", { class: "facts" });
  const status = element("span", { class: "status" });
  const answer = element("p", { class: "hint", role: "status" });
  const secretShown = element("output", { class: "code" });
  const secretBox = element("p", { class: "hint" }, "Secret: ", secretShown);
  secretBox.hidden = true;
  let isPaused = false;

  const act = (work) => async () => {
    try {
      answer.textContent = (await work()) ?? "";
      await refresh();
    } catch (error) {
      answer.textContent = error.message;
    }
  };
  const button = (title, work) => element("button", { type: "button", onclick: act(work) }, title);
  const showSecret = (secret) => {
    secretShown.textContent = secret;
    secretBox.hidden = false;
  };

  const pause = button("Pause", async () => {
    await askAsBackend("PUT", at(name), { paused: !isPaused });
  });
  const test = button("Test", async () => {
    const { delivered, status: code, error } = await askAsBackend("POST", `${at(name)}/test`);
    if (delivered) return `The test was delivered and answered with ${code}.`;
    return `The test was not delivered: ${error ?? `the answer was ${code}`}`;
  });
  const rotate = button("Rotate secret", async () => {
    const { secret } = await askAsBackend("PUT", at(name), { secret: newSecret() });
    showSecret(secret);
    return "The new secret signs from now on. The one before signs too, for 24 hours.";
  });
  const skip = button("Skip", async () => {
    if (!confirm(`Never send the delivery that ${name} does not take?`)) return;
    const { position } = await askAsBackend("POST", `${at(name)}/skip`, {});
    return `Skipped: it goes on after ${position}.`;
  });
  const remove = button("Delete", async () => {
    if (confirm(`Delete the webhook ${name}?`)) await askAsBackend("DELETE", at(name));
  });

  return {
    element: element(
      "li",
      { "data-webhook": name },
      element("div", { class: "row spread" }, element("strong", {}, name), status),
      facts,
      element("p", { class: "row" }, pause, test, rotate, skip, remove),
      answer,
      secretBox,
    ),
    showSecret,
    show(webhook) {
      isPaused = webhook.status === "paused";
      pause.textContent = isPaused ? "Resume" : "Pause";
      status.textContent = webhook.status;
      const isStuck = ["failing", "expired"].includes(webhook.status);
      status.classList.toggle("bad", isStuck);
      skip.hidden = !isStuck;
      facts.replaceChildren(
        ...Object.entries(factsOf(webhook)).map(([term, value]) =>
          element("div", {}, element("dt", {}, term), element("dd", {}, value)),
        ),
      );
    },
  };
}

function factsOf(webhook) {
  const { url, protocols, rooms, kinds, position, lagEvents, lagSeconds, attempts, nextAttempt, lastError } =
    webhook;
  const filters = [...(protocols ?? []), ...(rooms ?? []), ...(kinds ?? [])];
  const events = lagEvents === 1 ? "1 event" : `${lagEvents} events`;
  return {
    URL: url,
    Gets: filters.join(", ") || "everything",
    Position: position,
    Lag: lagEvents === 0 ? "none" : `${events}, ${Math.round(lagSeconds)} s`,
    ...(nextAttempt && {
      "Next attempt": `${new Date(nextAttempt).toLocaleTimeString("en-GB")}, after ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}`,
    }),
    ...(lastError && {
      "Last error": `${new Date(lastError.time).toLocaleTimeString("en-GB")} ${lastError.message}`,
    }),
  };
}

const newSecret = () =>
  `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))}`;
