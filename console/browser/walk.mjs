// The walk of a first morning, on real parts: the hub's binary, a registry, skopeo, Chromium. From the set-up link to a fix that
// arrives; what is clicked is what a person clicks. Prints a line a step and, last, the sum.
//
//   node browser/walk.mjs [--shots FOLDER]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { makeImage, npm, push, startHub, startRegistry, until, workshop } from "./real.mjs";
import { asking, BASE, PASSWORD, REPAIRED } from "./seeded.mjs";

const at = process.argv.indexOf("--shots");
const shots = at > 0 ? process.argv[at + 1] : undefined;
if (shots) mkdirSync(shots, { recursive: true });

/** From the end of a push to the finding on the page. */
const FINDING_SECONDS = 30;

const shop = workshop();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});
process.on("SIGTERM", () => process.exit(1));
process.on("SIGINT", () => process.exit(1));

let passed = 0;
let failed = 0;
let tab;
/** A step of the walk. One that fails ends it: the next ones stand on it. */
async function step(name, body) {
  const started = Date.now();
  try {
    const said = await body();
    passed += 1;
    process.stdout.write(`ok   ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)${said ? `: ${said}` : ""}\n`);
    if (shots) await tab?.screenshot({ path: `${shots}/${String(passed).padStart(2, "0")}.png` });
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAIL ${name}\n     ${String(error.stack ?? error).replaceAll("\n", "\n     ")}\n`);
    if (tab) {
      const text = await tab
        .locator("body")
        .ariaSnapshot()
        .catch(() => "");
      process.stdout.write(`     at ${tab.url()}\n     ${text.slice(0, 3000).replaceAll("\n", "\n     ")}\n`);
      if (shots) await tab.screenshot({ path: `${shots}/failed.png` });
    }
    throw new Error("the walk ends here");
  }
}

try {
  let hub;
  let api;
  let registry;
  const wrong = [];
  const main = () => tab.locator("main");
  const dialog = () => tab.getByRole("dialog");
  const go = async (path, heading) => {
    await tab.goto(hub.origin + path);
    await tab.getByRole("heading", { level: 1, name: heading }).waitFor();
    await tab.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  };
  const percent = async () => (await api.get("/score?scope=shop")).percent;

  await step("the hub starts and prints a set-up link", async () => {
    hub = await startHub(shop);
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: "reduce",
      timezoneId: "UTC",
      locale: "en-US",
    });
    tab = await context.newPage();
    tab.setDefaultTimeout(10_000);
    tab.on("pageerror", (error) => wrong.push(`uncaught: ${error.message}`));
    tab.on("console", (message) => {
      if (message.type() === "error" && !/status of 401/.test(message.text())) wrong.push(message.text());
    });
    await tab.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        throw new Error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
  });

  await step("the link makes the owner, and works once", async () => {
    await tab.goto(hub.link);
    await tab.getByLabel("Owner account").fill("platform");
    await tab.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await tab.getByLabel("Password, again").fill(PASSWORD);
    await tab.getByRole("button", { name: "Create owner" }).click();
    await tab.getByRole("navigation", { name: "Main" }).waitFor();
    const [cookie] = await tab.context().cookies();
    api = asking(hub.origin, cookie);
    if ((await api.get("/setup")).needed) throw new Error("the hub still waits for its owner");
  });

  await step("a scope", async () => {
    await go("/settings/scopes", "Scopes");
    await main().getByRole("button", { name: "New scope…" }).click();
    await dialog().getByLabel("Name").fill("Shop");
    await dialog().getByLabel("Part of its path").fill("shop");
    await dialog().getByRole("button", { name: "Make scope" }).click();
    await dialog().waitFor({ state: "detached" });
    await main().getByText("Shop", { exact: true }).first().waitFor();
  });

  await step("a team that owns", async () => {
    await go("/settings/owners", /Teams|Owners/);
    await main()
      .getByRole("button", { name: /New team/ })
      .first()
      .click();
    await dialog().getByLabel("Name").fill("storefront");
    await dialog()
      .getByRole("button", { name: /Make|Add|Save/ })
      .click();
    await dialog().waitFor({ state: "detached" });
    await main().getByText("storefront").first().waitFor();
  });

  await step("a registry is added, and starts to notify", async () => {
    const first = await startRegistry(shop);
    await go("/registries", "Registries");
    await main().getByRole("button", { name: "Add registry…" }).first().click();
    await dialog().getByLabel("Name").fill("prod");
    await dialog().getByLabel("Address").fill(first.address);
    await dialog().getByLabel("Scope").selectOption("shop");
    await dialog().getByLabel("Owner").selectOption({ label: "storefront" });
    await dialog().getByText("Connection, reading and limits").click();
    await dialog()
      .getByLabel(/plain HTTP/i)
      .check();
    await dialog().getByRole("button", { name: "Check connection" }).click();
    await dialog()
      .getByText(/reached|answers/i)
      .first()
      .waitFor();
    await dialog().getByRole("button", { name: "Add registry" }).click();
    const secret = await dialog().getByLabel("The events secret").inputValue();
    const url = await dialog().getByLabel("The address for notifications").inputValue();
    await dialog().getByRole("button", { name: "I have copied the secret" }).click();
    await dialog().waitFor({ state: "detached" });
    await shop.stop(first.child);
    registry = await startRegistry(shop, { port: first.port, notify: { url, secret } });
  });

  const web = `COPY --from=build /app /app`;
  let image;
  await step("an image is pushed, and its finding appears", async () => {
    await go("/images", "Images");
    const made = await makeImage(join(shop.folder, "web-1"), {
      layers: [BASE, { by: web, files: npm("app", "lodash", "4.17.20") }],
      config: { User: "root" },
    });
    // One that is well: without it a group of controls could have no points to win.
    const clean = await makeImage(join(shop.folder, "clean"), { layers: [REPAIRED], config: { User: "65534" } });
    await push(clean, `${registry.address}/shop/clean:1`);
    await push(made, `${registry.address}/shop/web:1.0`);
    const started = Date.now();
    image = await until(
      "the image to be judged",
      async () => (await api.get("/images")).items.find((one) => one.findings.critical + one.findings.high > 0),
      FINDING_SECONDS,
    );
    await go(`/images/${image.id}`, "1.0");
    await main().getByText("curl").first().waitFor();
    const took = (Date.now() - started) / 1000;
    if (took > FINDING_SECONDS) throw new Error(`after ${took} s`);
    return `${took.toFixed(1)} s after the push`;
  });

  await step("the evidence of a finding", async () => {
    await main()
      .getByRole("button", { name: /^CVE-2023-38545/ })
      .first()
      .click();
    await dialog().getByText("var/lib/dpkg/status").first().waitFor();
    await dialog().getByText("7.88.1-10+deb12u4").first().waitFor();
    await tab.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  await step("why, and why not", async () => {
    await go(`/images/${image.id}?tab=why&vulnerability=CVE-2023-38545`, "1.0");
    await main().getByText("Affected", { exact: true }).first().waitFor();
    await go(`/images/${image.id}?tab=why&vulnerability=CVE-2024-3094`, "1.0");
    await main()
      .getByText(/not affected by CVE-2024-3094/)
      .first()
      .waitFor();
  });

  let before;
  await step("an exemption shows what it does before it is made, and moves the score", async () => {
    await until("image and registry to be judged", async () => {
      const { items } = await api.get("/recommendations?scope=shop");
      const of = (id) => items.find((one) => one.control === id).states;
      return (
        of("image.root-user").unhealthy === 1 &&
        of("image.root-user").healthy === 1 &&
        of("registry.anonymous-write").healthy + of("registry.anonymous-write").unhealthy === 1
      );
    });
    before = await until("the score", percent);
    await go("/recommendations/image.root-user", /root/i);
    await main()
      .getByRole("button", { name: /Exempt/ })
      .first()
      .click();
    await dialog()
      .getByText(/before|after|→/i)
      .first()
      .waitFor();
    await dialog().getByLabel("Reason").fill("Runs in a sandbox of its own until the next release");
    await dialog()
      .getByRole("button", { name: /^Exempt \d/ })
      .click();
    await dialog().waitFor({ state: "detached" });
    const after = await until("the score to move", async () => {
      const now = await percent();
      return now !== before ? now : undefined;
    });
    if (after < before) throw new Error(`it fell from ${before} to ${after}`);
    return `${before} % → ${after} %`;
  });

  await step("undo takes it back, and the score with it", async () => {
    await tab.getByRole("button", { name: "Undo" }).click();
    await until("the score as it was", async () => (await percent()) === before);
  });

  let fix;
  await step("the best fix stands first", async () => {
    await go("/recommendations", "Recommendations");
    const fixes = await api.get("/fixes?scope=shop");
    fix = fixes.items.find((one) => one.parts.some((part) => part.name === "curl")) ?? fixes.items[0];
    await main().getByText(fix.title).first().waitFor();
  });

  await step("a rebuilt image is pushed, and the fix shows how much of it arrived", async () => {
    const rebuilt = await makeImage(join(shop.folder, "web-2"), {
      layers: [REPAIRED, { by: web, files: npm("app", "lodash", "4.17.20") }],
      config: { User: "1000" },
      created: "2026-11-20T08:00:00Z",
    });
    await push(rebuilt, `${registry.address}/shop/web:1.0`);
    const now = await until("the fix to arrive", async () => {
      const { progress } = await api.get(`/fixes/${encodeURIComponent(fix.id)}`);
      return progress && progress.arrived > 0 ? progress : undefined;
    });
    await go(`/fixes/${encodeURIComponent(fix.id)}`, fix.title);
    await main()
      .getByText(/arrived/i)
      .first()
      .waitFor();
    return `${now.arrived} of ${now.earlier}`;
  });

  await step("nothing went wrong in the browser", async () => {
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  });
} catch (error) {
  if (failed === 0) {
    failed += 1;
    process.stdout.write(`FAIL ${error.stack ?? error}\n`);
  }
} finally {
  await browser.close();
  await shop.end();
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);
