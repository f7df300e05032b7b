// The crawler: the console on a real hub with a fleet, as its owner sees it. It opens every page there is a way to, follows
// every number and compares it with the rows it leads to, and uses every control. Prints a line a check and, last, the sum.
//
//   node browser/crawl.mjs [--shots FOLDER]
import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { sleep, workshop } from "./real.mjs";
import { seed } from "./seeded.mjs";

const at = process.argv.indexOf("--shots");
const shots = at > 0 ? process.argv[at + 1] : undefined;
if (shots) mkdirSync(shots, { recursive: true });

/** Pages of one kind (`/images/{id}?tab`) that are opened: what differs beyond is rows. */
const OF_A_KIND = 2;
/** Numbers that are followed from one page. */
const NUMBERS_A_PAGE = 80;
/** Rows of a list whose controls are used. */
const ROWS = 3;
/** The longest that a control may take to show that it did something. */
const REACTION_MS = 2_500;
/** The longest that a control may take to be there once its page is. */
const APPEARANCE_MS = 6_000;

let passed = 0;
let failed = 0;
function report(name, problems) {
  if (problems.length === 0) {
    passed += 1;
    process.stdout.write(`ok   ${name}\n`);
  } else {
    failed += 1;
    process.stdout.write(`FAIL ${name}\n     ${problems.join("\n").replaceAll("\n", "\n     ")}\n`);
  }
}

/** `/images/17?tab=why` → `/images/*?tab=why`: what tells kinds of pages apart. */
function kind(href) {
  const url = new URL(href, "http://hub");
  const parts = url.pathname.split("/").map((part) => (/[\d:%~.]/.test(part) ? "*" : part));
  const tab = url.searchParams.get("tab");
  return parts.join("/") + (tab ? `?tab=${tab}` : "");
}

const shop = workshop();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
process.on("SIGTERM", () => process.exit(1));
process.on("SIGINT", () => process.exit(1));

try {
  const hub = await seed(shop);
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    colorScheme: "light",
    timezoneId: "UTC",
    locale: "en-US",
  });
  await context.addCookies([{ ...hub.cookie, url: hub.origin }]);
  const tab = await context.newPage();
  let wrong = [];
  let requests = 0;
  tab.on("pageerror", (error) => wrong.push(`uncaught: ${error.message}`));
  tab.on("console", (message) => {
    if (message.type() === "error") wrong.push(`console: ${message.text()} (${message.location().url})`);
  });
  let changes = 0;
  const asking = new Set();
  tab.on("request", (request) => {
    requests += 1;
    if (request.method() !== "GET") changes += 1;
    if (request.resourceType() !== "eventsource") asking.add(request);
  });
  for (const end of ["requestfinished", "requestfailed"]) tab.on(end, (request) => asking.delete(request));
  tab.on("dialog", (dialog) => void dialog.dismiss());
  await tab.addInitScript(() => {
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
    });
    // All that a person could see of a change.
    window.seen = () =>
      JSON.stringify([
        location.href,
        document.documentElement.dataset.theme,
        document.body.innerHTML,
        document.activeElement?.matches("input, textarea") ? document.activeElement.id : "",
        [...document.querySelectorAll("input, select, textarea")].map((one) => [one.value, one.checked]),
      ]);
  });

  const settle = async () => {
    await tab.locator("h1").first().waitFor({ timeout: 10_000 });
    // What a part of the page shows when it has its answer counts as much as its heading.
    const end = Date.now() + 10_000;
    for (let still = 0; still < 2 && Date.now() < end; await sleep(40)) still = asking.size === 0 ? still + 1 : 0;
    await tab.waitForFunction(() => !document.querySelector('[aria-busy="true"]'), undefined, { timeout: 10_000 });
  };
  /** Within the console's own router, as a link does it. */
  const go = async (href) => {
    await tab.evaluate((to) => {
      history.pushState({}, "", to);
    }, href);
    await tab.waitForFunction((to) => location.pathname === to, new URL(href, hub.origin).pathname);
    await sleep(60);
    await settle();
  };
  const serious = async (rules) => {
    if (!(await tab.evaluate(() => "axe" in window))) await tab.evaluate(axe.source);
    const found = await tab.evaluate(
      (only) =>
        window.axe.run(document, {
          resultTypes: ["violations"],
          ...(only ? { runOnly: { type: "rule", values: only } } : {}),
        }),
      rules,
    );
    return found.violations
      .filter((one) => one.impact === "serious" || one.impact === "critical")
      .map((one) => `axe: ${one.impact} ${one.id}: ${one.help}: ${one.nodes[0]?.html.slice(0, 200)}`);
  };

  // Pages, breadth first.
  const seen = new Map();
  const queue = ["/"];
  const queued = new Set(queue);
  const numbers = new Map();
  const pages = [];
  while (queue.length > 0) {
    const path = queue.shift();
    const count = seen.get(kind(path)) ?? 0;
    if (count >= OF_A_KIND) continue;
    seen.set(kind(path), count + 1);
    const problems = [];
    wrong = [];
    try {
      await tab.goto(hub.origin + path);
      await settle();
      pages.push(path);
      if (await tab.getByText("There is no page at this address").count()) problems.push("there is no page");
      problems.push(...(await serious()));
      const links = await tab.evaluate(() =>
        [...document.querySelectorAll("a[href]")]
          .filter((a) => a.origin === location.origin)
          .map((a) => ({
            href: a.pathname + a.search,
            rows: a.dataset.rows,
            text: (a.getAttribute("aria-label") ?? a.textContent ?? "").trim().slice(0, 80),
          })),
      );
      let taken = 0;
      for (const { href, rows, text } of links) {
        if (/^\/(api|assets)\//.test(href)) continue;
        if (rows !== undefined && !numbers.has(`${href} ${rows}`) && taken < NUMBERS_A_PAGE) {
          numbers.set(`${href} ${rows}`, { href, rows: Number(rows), text, from: path });
          taken += 1;
        }
        if (!queued.has(href) && !/^\/(login|setup)/.test(href)) {
          queued.add(href);
          queue.push(href);
        }
      }
      // Colours and widths of a kind are those of its first page.
      if (count > 0) {
        problems.push(...(await tab.evaluate(() => window.refused.map((text) => `policy: ${text}`))), ...wrong);
        report(`page ${path}`, problems);
        continue;
      }
      if (shots) await tab.screenshot({ path: `${shots}/${pages.length}-light.png` });
      await tab.emulateMedia({ colorScheme: "dark" });
      // The scheme changes colours and nothing else.
      problems.push(...(await serious(["color-contrast", "link-in-text-block"])).map((text) => `dark: ${text}`));
      if (shots) await tab.screenshot({ path: `${shots}/${pages.length}-dark.png` });
      await tab.emulateMedia({ colorScheme: "light" });
      for (const width of [390, 1024]) {
        await tab.setViewportSize({ width, height: 844 });
        await sleep(80);
        const over = await tab.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (over > 0) problems.push(`at ${width} px the page is ${over} px wider than the window`);
        if (shots && width === 390) await tab.screenshot({ path: `${shots}/${pages.length}-390.png` });
      }
      await tab.setViewportSize({ width: 1440, height: 900 });
      problems.push(...(await tab.evaluate(() => window.refused.map((text) => `policy: ${text}`))), ...wrong);
    } catch (error) {
      problems.push(String(error.message ?? error).split("\n")[0], ...wrong);
    }
    report(`page ${path}`, problems);
  }
  report(`pages were found (${pages.length} of ${seen.size} kinds)`, seen.size >= 20 ? [] : ["fewer than 20 kinds"]);

  // Numbers.
  await tab.goto(hub.origin);
  await settle();
  const byPage = new Map();
  for (const number of numbers.values()) byPage.set(number.from, [...(byPage.get(number.from) ?? []), number]);
  for (const [from, list] of byPage) {
    const problems = [];
    for (const { href, rows, text } of list) {
      try {
        await go(href);
        const total = await tab
          .waitForFunction(
            () => document.querySelector("main [data-total]")?.getAttribute("data-total") ?? undefined,
            undefined,
            { timeout: 3_000 },
          )
          .then((handle) => handle.jsonValue())
          .catch(() => undefined);
        // A list that is empty says so in words instead of a foot.
        const empty = total === undefined && (await tab.locator("main tr[data-row]").count()) === 0;
        const there = total === undefined ? (empty ? 0 : undefined) : Number(total);
        if (there !== rows) problems.push(`"${text}" says ${rows}, ${href} has ${there ?? "no counted list"}`);
      } catch (error) {
        problems.push(`${href}: ${String(error.message ?? error).split("\n")[0]}`);
      }
    }
    report(`${list.length} numbers on ${from}`, problems);
  }
  report(`numbers were found (${numbers.size})`, numbers.size >= 60 ? [] : ["fewer than 60"]);

  // Controls: each on a fresh page of its kind; those of the frame once, those that every row of a list has in its first rows.
  const CONTROLS =
    "button:visible, input:visible, select:visible, textarea:visible, [role=tab]:visible, [role=switch]:visible, summary:visible";
  const used = new Set();
  const kinds = new Set();
  /** The controls of the page as it is, each with what tells it from the others: a use may add or take away some. */
  const controls = () =>
    tab.locator(CONTROLS).evaluateAll((list) => {
      const times = new Map();
      return list.map((one, index) => {
        const name = (one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent ?? "")
          .trim()
          .slice(0, 60);
        const tag = one.tagName + (one.type ?? "");
        const nth = (times.get(`${tag} ${name}`) ?? 0) + 1;
        times.set(`${tag} ${name}`, nth);
        return {
          index,
          key: `${tag} ${name} ${nth}`,
          name,
          tag,
          // What the controls of other rows have in common with it.
          row: one.closest("[data-row]") ? `${tag} ${name.split(/[\s:]/)[0]}` : undefined,
          frame: !one.closest("main"),
          off: one.disabled || one.getAttribute("aria-disabled") === "true",
          ends: /^(sign out|log out)$/i.test((one.textContent ?? "").trim()),
        };
      });
    });
  /** The control of this key, waited for: the page may still be asking. */
  const find = async (key) => {
    const end = Date.now() + (changes > 0 ? 1_500 : APPEARANCE_MS);
    for (;;) {
      const one = (await controls()).find((other) => other.key === key);
      if (one) return tab.locator(CONTROLS).nth(one.index);
      // One that was used before may have changed what can be done: what is paused cannot be read now.
      if (Date.now() > end && changes > 0) return undefined;
      if (Date.now() > end) throw new Error("is no longer there");
      await sleep(100);
    }
  };
  /** Uses a control and tells whether anything came of it. */
  const use = async (control, tag) => {
    const before = await tab.evaluate(() => window.seen());
    const asked = requests;
    if (/INPUT(text|search|password|number|email|url|datetime-local|date)|TEXTAREA/.test(tag)) {
      const value = /date/.test(tag) ? `2027-01-01${tag.endsWith("local") ? "T00:00" : ""}` : "1";
      await control.fill(value, { timeout: 2_000 });
    } else if (tag.startsWith("SELECT")) {
      const other = await control.evaluate((one) => [...one.options].find((o) => !o.selected && !o.disabled)?.value);
      // A choice of one thing can change nothing.
      if (other === undefined) return true;
      await control.selectOption(other);
    } else await control.click({ timeout: 2_000 });
    const end = Date.now() + REACTION_MS;
    while (Date.now() < end) {
      if (requests !== asked || (await tab.evaluate(() => window.seen())) !== before) return true;
      await sleep(50);
    }
    return false;
  };
  for (const path of pages) {
    if (kinds.has(kind(path))) continue;
    kinds.add(kind(path));
    const problems = [];
    let count = 0;
    changes = 0;
    await tab.goto(hub.origin + path);
    await settle();
    const rows = new Map();
    const list = (await controls()).filter(({ key, row, frame, off, ends }) => {
      const id = `${frame ? "frame" : kind(path)} ${key}`;
      if (off || ends || used.has(id)) return false;
      if (row) rows.set(row, (rows.get(row) ?? 0) + 1);
      if (row && rows.get(row) > ROWS) return false;
      used.add(id);
      return true;
    });
    // Those of rows first: what is done to all rows at once would leave them nothing to do. Of controls of the same name the
    // last first: when it is gone, those before it are counted as they were.
    list.reverse().sort((a, b) => Number(!a.row) - Number(!b.row));
    let fresh = true;
    for (const { key, name, tag } of list) {
      count += 1;
      wrong = [];
      try {
        if (!fresh) {
          await tab.goto(hub.origin + path);
          await settle();
        }
        fresh = false;
        let control = await find(key);
        if (!control) continue;
        // What is chosen among others is chosen anew after another of them was: to press it at once rightly changes nothing.
        const other = await control.evaluate((one) => {
          const on = 'input[type=radio]:checked, [aria-pressed="true"], [aria-selected="true"]';
          const group = one.closest("fieldset, [role=group], [role=radiogroup], [role=tablist]");
          if (!one.matches(on) || !group) return false;
          const next = [...group.querySelectorAll("input[type=radio], [aria-pressed], [aria-selected]")].find(
            (two) => two !== one && !two.disabled && !two.matches(on),
          );
          next?.setAttribute("data-first", "");
          return next !== undefined;
        });
        if (other) {
          if (!(await use(tab.locator("[data-first]"), tag))) problems.push(`beside "${name}" nothing can be chosen`);
          await settle();
          control = await find(key);
        }
        if (!(await use(control, tag))) problems.push(`${tag.toLowerCase()} "${name}" does nothing`);
        problems.push(...wrong.map((text) => `${tag.toLowerCase()} "${name}": ${text}`));
      } catch (error) {
        const lines = String(error.message ?? error).split("\n");
        const why = lines.find((line) => /intercepts|not stable|outside|detached/.test(line));
        problems.push(`${tag.toLowerCase()} "${name}": ${lines[0]} ${why?.trim() ?? ""}`.trimEnd());
      }
    }
    report(`${count} controls on ${kind(path)}`, problems);
  }
  await context.close();
} catch (error) {
  report("the hub, its fleet and the browser", [String(error.stack ?? error)]);
} finally {
  await browser.close();
  await shop.end();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);
