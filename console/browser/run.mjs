// The browser suite: the built console in Chromium under the hub's own policy. Prints a line a check and, last, the sum.
//
//   node browser/run.mjs [--shots FOLDER] [--only WORDS]
//
// With --shots, a picture of every page, light and dark, wide and narrow; with --only, the checks whose names hold the words.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { broken, forbidden, hub } from "./answers.mjs";
import { FLEET_PAGES, fleetChecks } from "./fleet.mjs";
import * as posture from "./posture.mjs";
import { serve } from "./server.mjs";

const at = process.argv.indexOf("--shots");
const shots = at > 0 ? process.argv[at + 1] : undefined;
if (shots) mkdirSync(shots, { recursive: true });
const limited = process.argv.indexOf("--only");
const only = limited > 0 ? process.argv[limited + 1] : undefined;

/** JavaScript of the whole console, gzipped. */
const SCRIPT_BUDGET = 350_000;
/** From the request to the first heading, on loopback. */
const FIRST_PAGE_MS = 1_500;

const PAGES = [
  { name: "login", path: "/login", who: "nobody", heading: "Sign in" },
  { name: "setup", path: "/setup#3f9c0a17", who: "first", heading: "Make the console yours" },
  { name: "setup-used", path: "/setup#3f9c0a17", who: "nobody", heading: "This hub has its owner" },
  { name: "users", path: "/settings/users", who: "owner", heading: "Users" },
  { name: "user", path: "/settings/users?open=u2", who: "owner", heading: "Users" },
  { name: "tokens", path: "/settings/tokens", who: "owner", heading: "Tokens" },
  { name: "audit", path: "/settings/audit", who: "owner", heading: "Audit trail" },
  {
    name: "audit-entry",
    path: "/settings/audit?actor=user%2Fplatform-security&open=3",
    who: "owner",
    heading: "Audit trail",
  },
  { name: "filtered", path: "/settings/users?name=nobody", who: "owner", heading: "Users" },
  {
    name: "forbidden",
    path: "/settings/users",
    who: "owner",
    heading: "Users",
    over: { "GET /api/v1/users": forbidden },
  },
  { name: "error", path: "/settings/users", who: "owner", heading: "Users", over: { "GET /api/v1/users": broken } },
  { name: "nowhere", path: "/no/such/page", who: "owner", heading: "There is no page at this address" },
  ...FLEET_PAGES,
  ...posture.PAGES,
];

let passed = 0;
let failed = 0;
async function check(name, body) {
  if (only !== undefined && !name.includes(only)) return;
  try {
    await body();
    passed += 1;
    process.stdout.write(`ok   ${name}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAIL ${name}\n     ${String(error.message ?? error).replaceAll("\n", "\n     ")}\n`);
  }
}
function none(list, what) {
  if (list.length > 0) throw new Error(`${what}:\n${list.join("\n")}`);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/** A page of the console as somebody sees it, with everything that went wrong on it. */
async function open(page, { scheme = "light", width = 1440 } = {}) {
  const server = await serve(hub(page.who, page.over));
  const context = await browser.newContext({
    viewport: { width, height: width < 800 ? 844 : 900 },
    colorScheme: scheme,
    reducedMotion: "reduce",
    timezoneId: "UTC",
    locale: "en-US",
  });
  const tab = await context.newPage();
  const wrong = [];
  tab.on("pageerror", (error) => wrong.push(`uncaught: ${error.message}`));
  tab.on("console", (message) => {
    // A refusal of the interface is part of the page's case; Chromium logs every such answer.
    const expected = page.missing ? /a status of 404/ : /the server responded with a status of (401|403|503)/;
    if (message.type() === "error" && !expected.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  await tab.addInitScript(() => {
    window.refused = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.refused.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });
  const started = Date.now();
  await tab.goto(server.origin + page.path);
  await tab.getByRole("heading", { level: 1, name: page.heading }).waitFor({ timeout: 10_000 });
  const took = Date.now() - started;
  await tab.waitForFunction(() => !document.querySelector('[aria-busy="true"]'), undefined, { timeout: 10_000 });
  return {
    tab,
    wrong,
    took,
    origin: server.origin,
    close: async () => {
      await context.close();
      server.close();
    },
  };
}

// Each page in both themes and at both widths. `--all` crosses them, for whoever has ten minutes.
const all = process.argv.includes("--all");
for (const page of PAGES) {
  for (const scheme of ["light", "dark"]) {
    for (const width of all ? [1440, 390] : [scheme === "light" ? 1440 : 390]) {
      await check(`${page.name}, ${scheme}, ${width} px: no error, no violation, no sideways scroll, axe`, async () => {
        const { tab, wrong, close } = await open(page, { scheme, width });
        try {
          if (shots) await tab.screenshot({ path: `${shots}/${page.name}-${scheme}-${width}.png` });
          none(wrong, "errors");
          none(await tab.evaluate(() => window.refused), "violations of the policy");
          none(
            await tab.evaluate(() =>
              [...document.querySelectorAll("[onclick], script:not([src])")].map((e) => e.outerHTML),
            ),
            "inline script",
          );
          const sideways = await tab.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          if (sideways > 0) throw new Error(`the page is ${sideways} px wider than the window`);
          await tab.evaluate(axe.source);
          const found = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
          none(
            found.violations
              .filter((v) => v.impact === "serious" || v.impact === "critical")
              .map(
                (v) =>
                  `${v.impact} ${v.id}: ${v.help}\n  ${v.nodes
                    .slice(0, 4)
                    .map((n) => `${n.html.slice(0, 200)} ${n.any[0]?.message ?? ""}`)
                    .join("\n  ")}`,
              ),
            "axe",
          );
        } finally {
          await close();
        }
      });
    }
  }
}

for (const width of [320, 768, 1024, 1280, 1920]) {
  await check(`users at ${width} px: no sideways scroll`, async () => {
    const { tab, close } = await open(PAGES[3], { width });
    try {
      if (shots) await tab.screenshot({ path: `${shots}/users-${width}.png` });
      const sideways = await tab.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (sideways > 0) throw new Error(`the page is ${sideways} px wider than the window`);
    } finally {
      await close();
    }
  });
}

await check("the frame is reached by keyboard alone, in the order it is read", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    const names = [];
    for (let i = 0; i < 31; i += 1) {
      await tab.keyboard.press("Tab");
      names.push(
        await tab.evaluate(
          () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent?.trim() ?? "",
        ),
      );
      const ring = await tab.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle !== "none" || style.boxShadow !== "none" || document.activeElement.tagName === "TR";
      });
      if (!ring) throw new Error(`no focus ring on ${names.at(-1)}`);
    }
    const wanted = [
      "Skip to content",
      "Scope: All scopes",
      "Search: CVE, digest, image, package or pageCtrl K",
      "Switch to dark",
      "Account: platform-security",
      "Seawall, start",
      "Am I affected?",
      "Images9 in all",
      "Rules and exemptions",
      "Settings",
      "Scopes",
      "Users",
      "Tokens",
      "Audit trail",
    ];
    const found = wanted.map((name) => names.indexOf(name));
    if (found.includes(-1) || found.some((n, i) => i > 0 && n < found[i - 1]))
      throw new Error(`reached: ${names.join(" · ")}`);
    await tab.goto(tab.url());
    await tab.getByRole("heading", { level: 1 }).waitFor();
    await tab.keyboard.press("Tab");
    await tab.keyboard.press("Enter");
    if ((await tab.evaluate(() => document.activeElement?.id)) !== "main")
      throw new Error("the skip link does not lead to the content");
  } finally {
    await close();
  }
});

await check("rows move by j and k, open by Enter, close by Esc, and the focus comes back", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    const row = () => tab.evaluate(() => document.activeElement?.getAttribute("data-row"));
    await tab.locator('tr[data-row="u1"]').focus();
    await tab.keyboard.press("j");
    if ((await row()) !== "u2") throw new Error(`j went to ${await row()}`);
    await tab.keyboard.press("Enter");
    await tab.getByRole("dialog", { name: "storefront" }).waitFor();
    if (!tab.url().includes("open=u2")) throw new Error(`the open row is not in the address: ${tab.url()}`);
    await tab.keyboard.press("Escape");
    await tab.getByRole("dialog").waitFor({ state: "detached" });
    if ((await row()) !== "u2") throw new Error(`the focus is on ${await row()}`);
    await tab.keyboard.press("k");
    if ((await row()) !== "u1") throw new Error(`k went to ${await row()}`);
  } finally {
    await close();
  }
});

await check("an owner sets a password and takes a role back; what the hub refuses is said", async () => {
  const refused = {
    status: 422,
    body: {
      type: "urn:seawall:problem:invalid",
      title: "A value is not acceptable",
      status: 422,
      errors: [{ field: "password", message: "at least 12 characters" }],
    },
  };
  const page = { ...PAGES[4], over: { "PATCH /api/v1/users/u2": refused, "DELETE /api/v1/grants": { status: 204 } } };
  const { tab, wrong, close } = await open(page);
  try {
    const sent = [];
    tab.on("request", (request) => {
      if (request.method() !== "GET")
        sent.push([request.method(), new URL(request.url()).search, request.headers()["x-seawall-request"]]);
    });
    const drawer = tab.getByRole("dialog", { name: "storefront" });
    await drawer.getByLabel("New password").fill("short");
    await drawer.getByRole("button", { name: "Set password" }).click();
    await drawer.getByText("at least 12 characters").waitFor();
    await drawer.getByRole("button", { name: "Take back security admin in shop" }).click();
    await tab.waitForFunction(() => !document.querySelector("aside button[disabled]:not([type=submit])"));
    const wanted = [
      ["PATCH", "", "console"],
      ["DELETE", "?user=u2&scope=shop", "console"],
    ];
    if (JSON.stringify(sent) !== JSON.stringify(wanted)) throw new Error(`sent ${JSON.stringify(sent)}`);
    none(
      wrong.filter((line) => !/status of 422/.test(line)),
      "errors",
    );
  } finally {
    await close();
  }
});

await check("filters live in the address; back restores them; / goes to the filter", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    await tab.keyboard.press("/");
    await tab.keyboard.type("store");
    await tab.waitForURL(/name=store/);
    await tab.getByText("1 row, all there is").waitFor();
    await tab.getByRole("button", { name: "Disabled" }).click();
    await tab.waitForURL(/disabled=true/);
    await tab.goBack();
    await tab.waitForURL((url) => !url.search.includes("disabled"));
    if ((await tab.getByLabel("Name contains").inputValue()) !== "store") throw new Error("the field lost the filter");
  } finally {
    await close();
  }
});

await check("the scope stands in the address and stays from page to page", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    await tab.getByRole("button", { name: /^Scope/ }).click();
    await tab.getByRole("menuitem", { name: /Checkout/ }).click();
    await tab.waitForURL(/scope=shop/);
    await tab.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Tokens" }).click();
    await tab.getByRole("heading", { level: 1, name: "Tokens" }).waitFor();
    if (!tab.url().includes("scope=shop")) throw new Error(`lost at ${tab.url()}`);
  } finally {
    await close();
  }
});

await check("a chosen theme wins over the system's and is remembered", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    await tab.getByRole("button", { name: "Switch to dark" }).click();
    await tab.reload();
    await tab.getByRole("heading", { level: 1 }).waitFor();
    const shown = await tab.evaluate(() => [
      document.documentElement.dataset.theme,
      getComputedStyle(document.body).backgroundColor,
    ]);
    if (shown[0] !== "dark" || shown[1] !== "rgb(12, 16, 19)") throw new Error(`shown: ${shown.join(" ")}`);
  } finally {
    await close();
  }
});

await check("rows are 28, 36 or 44 px high as chosen, which is remembered", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    const height = () =>
      tab.evaluate(() => Math.round(document.querySelector('tr[data-row="u1"]').getBoundingClientRect().height));
    for (const [word, px] of [
      ["Compact", 28],
      ["Roomy", 44],
      ["Normal", 36],
      ["Compact", 28],
    ]) {
      await tab.getByRole("group", { name: "Rows" }).getByRole("button", { name: word }).click();
      if (Math.abs((await height()) - px) > 1) throw new Error(`${word} rows are ${await height()} px high`);
    }
    await tab.reload();
    await tab.locator('tr[data-row="u1"]').waitFor();
    if (Math.abs((await height()) - 28) > 1) throw new Error(`after a reload they are ${await height()} px high`);
  } finally {
    await close();
  }
});

await check("j goes into the list from anywhere; single keys that are off do nothing", async () => {
  const { tab, close } = await open(PAGES[3]);
  try {
    const row = () => tab.evaluate(() => document.activeElement?.getAttribute("data-row"));
    await tab.keyboard.press("j");
    if ((await row()) !== "u1") throw new Error(`j went to ${await row()}`);
    await tab.evaluate(() => localStorage.setItem("seawall.keys", "off"));
    await tab.keyboard.press("j");
    if ((await row()) !== "u1") throw new Error(`j still moves, to ${await row()}`);
    await tab.keyboard.press("/");
    if ((await row()) !== "u1") throw new Error("/ still goes to the filter");
  } finally {
    await close();
  }
});

await check("who is not logged in comes to the login, and from there back", async () => {
  const page = { path: "/settings/audit?actor=hub", who: "nobody", heading: "Sign in" };
  const { tab, close } = await open(page);
  try {
    const next = new URL(tab.url()).searchParams.get("next");
    if (!next?.startsWith("/settings/audit?actor=hub")) throw new Error(`next is ${next}`);
    await tab.getByLabel("Account").fill("platform-security");
    await tab.getByLabel("Password").fill("wrong");
    await tab.getByRole("button", { name: "Sign in" }).click();
    await tab.getByText("Account and password do not belong together.").waitFor();
  } finally {
    await close();
  }
});

await check("on a phone the navigation is a drawer that Esc closes", async () => {
  const { tab, close } = await open(PAGES[3], { width: 390 });
  try {
    const nav = tab.getByRole("navigation", { name: "Main" });
    if (await nav.isVisible()) throw new Error("it is open from the start");
    await tab.getByRole("button", { name: "Open navigation" }).click();
    await nav.waitFor();
    if (shots) await tab.screenshot({ path: `${shots}/drawer-390.png` });
    await tab.keyboard.press("Escape");
    await nav.waitFor({ state: "hidden" });
  } finally {
    await close();
  }
});

await fleetChecks({ check, open, none });
await posture.checks({ check, open, none, shots });

await check("the first page is there in time", async () => {
  const { took, close } = await open(PAGES[3]);
  await close();
  process.stdout.write(`     ${took} ms to the heading\n`);
  if (took > FIRST_PAGE_MS) throw new Error(`${took} ms, at most ${FIRST_PAGE_MS}`);
});

await check("all JavaScript is within its budget, and every file but the page has a hash in its name", async () => {
  const files = readdirSync(new URL("../dist/", import.meta.url), { recursive: true, withFileTypes: true }).filter(
    (f) => f.isFile() && !/^\.|\.gz$/.test(f.name),
  );
  const scripts = files.filter((file) => file.name.endsWith(".js"));
  const bytes = scripts.reduce(
    (sum, file) => sum + gzipSync(readFileSync(`${file.parentPath}/${file.name}`), { level: 9 }).length,
    0,
  );
  process.stdout.write(`     ${bytes} bytes gzipped in ${scripts.length} files\n`);
  if (scripts.length === 0) throw new Error("there is no script: build the console first");
  if (bytes > SCRIPT_BUDGET) throw new Error(`${bytes} bytes, at most ${SCRIPT_BUDGET}`);
  none(
    files.map((f) => f.name).filter((name) => name !== "index.html" && !/-[\w-]{8}\.\w+$/.test(name)),
    "without a hash",
  );
});

await browser.close();
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);
