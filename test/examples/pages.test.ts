import { describe, expect, test } from "bun:test";
import { BROWSER_TEST_MS, hasBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { startTestServer } from "../support/server.ts";
import { pageStage, say, stopClock } from "./stage.ts";

describe.skipIf(!hasBrowser)("each example page, in two browsers", () => {
  const { play } = pageStage();

  test(
    "chat: history, receipts, typing, an agent, and what is written without a connection",
    () =>
      play("chat", async (ada, bob) => {
        await say(ada, "Who is cooking tonight?");
        await bob.waitForSelector(".line:not(.own) >> text=Who is cooking tonight?");
        await ada.waitForSelector(".line.own.sent:has-text('Who is cooking') [title='Read by bob']");
        await say(bob, "I am! There is bread in the oven already.");
        await ada.waitForSelector("text=There is bread in the oven");
        // Shown at once, and sent when there is a connection.
        await ada.context().setOffline(true);
        await ada.waitForSelector(".pill.connecting");
        await say(ada, "I bring the butter.");
        await ada.waitForSelector(".line.own.sending >> text=I bring the butter.");
        await ada.context().setOffline(false);
        await ada.waitForSelector(".line.own.sent >> text=I bring the butter.");
        await bob.waitForSelector("text=I bring the butter.");
        expect(await bob.locator("text=I bring the butter.").count()).toBe(1);
        await ada.click("label.agent");
        await say(ada, "How long does sourdough take?");
        await bob.waitForSelector(".line.agent >> text=offline agent");
        // History.
        await bob.reload();
        await bob.waitForSelector("text=How long does sourdough take?");
        // Each once, and confirmed.
        await eventually(async () => (await ada.locator(".line.own").count()) === 3);
        expect(await ada.locator(".line.own.sent").count()).toBe(3);
        await bob.fill("[aria-label=Message]", "Lovely");
        await ada.waitForSelector("[data-testid=typing] >> text=bob is typing");
        await ada.waitForSelector(".line.agent >> text=offline agent");
      }),
    BROWSER_TEST_MS * 2,
  );

  test(
    "gifts: each overlay shows them one after another, and acknowledges them",
    () =>
      play(
        "gifts",
        async (ada, bob) => {
          await ada.waitForSelector("text=Live");
          await bob.click("text=Rose");
          await ada.waitForSelector("[data-testid=gift] >> text=sends 1 × rose");
          await bob.click("text=Crown");
          await ada.waitForSelector("text=1 more to come");
          await ada.clock.runFor(3_000);
          await ada.waitForSelector("[data-testid=gift] >> text=sends 1 × crown");
          await ada.waitForSelector(".recent >> text=Bob");
          // What was shown and acknowledged does not come again.
          await bob.waitForSelector("text=1 more to come");
          await bob.clock.runFor(3_000);
          await bob.waitForSelector("[data-testid=gift] >> text=sends 1 × crown");
          for (const page of [ada, bob]) {
            await page.clock.runFor(4_500);
            await page.waitForSelector(".recent li:nth-child(2)");
          }
          await bob.reload();
          await bob.waitForSelector("text=Waiting for gifts…");
          await bob.click("text=Rocket");
          await bob.waitForSelector("[data-testid=gift] >> text=sends 1 × rocket");
          await ada.waitForSelector("[data-testid=gift] >> text=sends 1 × rocket");
        },
        stopClock,
      ),
    BROWSER_TEST_MS * 3,
  );

  test(
    "voice: who joins and leaves is seen by the other",
    () =>
      play("voice", async (ada, bob) => {
        await ada.fill("[aria-label='Name of a channel']", "Lounge");
        await ada.click("text=Open it");
        await bob.waitForSelector("text=Lounge");
        await bob.fill("[aria-label='Name of a channel']", "Raid night");
        await bob.click("text=Open it");
        await ada.waitForSelector("text=Raid night");
        await bob.click("li:has-text('Raid night') >> text=Join");
        await ada.waitForSelector("li.channel:has-text('Raid night') >> text=Bob");
        await ada.click("li:has-text('Lounge') >> text=Join");
        await bob.waitForSelector("li.channel:has-text('Lounge') >> text=Ada");
        await bob.click("li.channel:has-text('Lounge') >> text=Join");
        await ada.waitForSelector("li.channel:has-text('Lounge') >> text=Bob");
        await ada.waitForSelector("li.channel:has-text('Raid night') >> text=Nobody is here.");
      }),
    BROWSER_TEST_MS,
  );

  test(
    "document: both type, and both have the same text",
    () =>
      play("document", async (ada, bob) => {
        const field = "textarea:not([disabled])";
        await ada.locator(field).pressSequentially("Saturday\n- market at nine\n- lunch by the river\n");
        await eventually(async () => (await bob.locator(field).inputValue()).includes("river"));
        await bob.locator(field).press("Control+End");
        await Promise.all([
          bob.locator(field).pressSequentially("\nSunday\n- nothing at all\n"),
          ada
            .locator(field)
            .press("Control+Home")
            .then(() => ada.keyboard.type("Plans\n\n")),
        ]);
        const whole =
          "Plans\n\nSaturday\n- market at nine\n- lunch by the river\n\nSunday\n- nothing at all\n";
        for (const page of [ada, bob]) {
          await eventually(async () => (await page.locator(field).inputValue()) === whole);
          await page.waitForSelector("text=All changes are saved");
          await page.waitForSelector("[aria-label='Who is here'] >> text=Ada");
          await page.waitForSelector("[aria-label='Who is here'] >> text=Bob");
        }
      }),
    BROWSER_TEST_MS * 2,
  );

  test(
    "figures: what a backend posts is seen in both",
    () =>
      play("figures", async (ada, bob) => {
        const clicks = [
          ["Higher", "60 %"],
          ["Higher", "70 %"],
          ["Lower", "63 %"],
          ["Higher", "73 %"],
        ];
        for (const [button, figure] of clicks) {
          await bob.click(`[aria-label=performance] >> text=${button}`);
          for (const page of [ada, bob])
            await page.waitForSelector(`[aria-label=performance] >> text=${figure}`);
        }
        await ada.click("[aria-label=pace] >> text=Lower");
        await bob.waitForSelector("[aria-label=pace] >> text=43 %");
        // Told as it stands to who comes later.
        await bob.reload();
        await bob.waitForSelector("[aria-label=performance] >> text=73 %");
      }),
    BROWSER_TEST_MS,
  );

  test(
    "diet: friends are found, and see each other's posts; meals are private",
    () =>
      play("diet", async (ada, bob) => {
        await ada.click("text=Ask them");
        await bob.click("text=Accept");
        await ada.waitForSelector("text=are friends");
        await bob.fill("[aria-label='What is on your plate']", "Frozen berries are as good as fresh ones.");
        await bob.click("text=Share with friends");
        await ada.waitForSelector("text=Frozen berries are as good");
        await ada.click(".like");
        await bob.waitForSelector("text=♥ 1");
        await ada.fill("[aria-label='What is on your plate']", "Lentil soup");
        await ada.click("text=Log as lunch");
        await ada.click("text=One more glass");
        await ada.waitForSelector(".entry.sent >> text=Lentil soup");
        await ada.waitForSelector(".entry.sent >> text=250 ml");
        expect(await bob.locator("text=Lentil soup").count()).toBe(0);
      }),
    BROWSER_TEST_MS,
  );
});

test("in production there are none, and one that is not there is said so", async () => {
  const [open, production] = await Promise.all([
    startTestServer(),
    startTestServer({ env: { NODE_ENV: "production" } }),
  ]);
  try {
    const unknown = await open.http("GET", "/examples/none.html");
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining("/examples/")]);
    expect((await production.http("GET", "/examples/")).status).toBe(404);
    expect(await (await production.http("GET", "/examples/chat.html")).text()).not.toContain("<html");
  } finally {
    await Promise.all([open.stop(), production.stop()]);
  }
});
