import { watchCluster } from "./cluster.js";
import { startConversation } from "./conversation.js";
import { loadDescription } from "./description.js";
import { byId } from "./element.js";
import { startFeed } from "./feed.js";
import { watchPresent } from "./present.js";
import { settings, unlock, watchKeyBoxes } from "./server.js";
import { startTabs } from "./tabs.js";
import { themeButton } from "./theme.js";
import { startWebhooks } from "./webhooks.js";

themeButton(byId("theme"));

async function start() {
  const description = await loadDescription();
  startConversation(description);
  startFeed(description);
  watchKeyBoxes(startWebhooks().refresh);
  byId("tab-cluster").hidden = !settings.cluster;
  startTabs(byId("pages"));
  if (settings.cluster) watchCluster();
  // A server in production makes no tokens.
  byId("token-part").open = !settings.makesTokens;
  watchPresent();
  byId("gate").hidden = true;
  byId("console").hidden = false;
}

byId("gate").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("gate-answer").textContent = "";
  try {
    await unlock(byId("key").value);
    byId("key").value = "";
    await start();
    byId("contract").focus();
  } catch (error) {
    byId("gate-answer").textContent = error.message;
  }
});

if (settings.production) {
  byId("gate").hidden = false;
  byId("key").focus();
} else await start();
