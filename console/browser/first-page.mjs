// How soon the first page of a running hub's console shows its content to somebody who is logged in, and how many bytes
// its scripts have on the way. Each round has an empty cache. Prints one JSON object.
//
//   node browser/first-page.mjs ORIGIN COOKIE [ROUNDS]
import { chromium } from "playwright-core";

const [origin, cookie, rounds = "9"] = process.argv.slice(2);
if (!origin || !cookie?.includes("=")) {
  process.stderr.write("usage: first-page.mjs ORIGIN COOKIE [ROUNDS]\n");
  process.exit(2);
}
const cut = cookie.indexOf("=");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"],
});
const times = [];
let script = 0;
// The first round is the browser's own start.
for (let round = 0; round <= Number(rounds); round += 1) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addCookies([{ name: cookie.slice(0, cut), value: cookie.slice(cut + 1), url: origin }]);
  const tab = await context.newPage();
  await tab.addInitScript(() => {
    // Content is a heading, and nothing that still waits for its answer.
    const look = () => {
      if (window.shown || !document.querySelector("main h1") || document.querySelector('[aria-busy="true"]')) return;
      window.shown = performance.now();
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await tab.goto(`${origin}/`);
  await tab.waitForFunction(() => window.shown, undefined, { timeout: 30_000 });
  if (round > 0) times.push(await tab.evaluate(() => window.shown));
  script = await tab.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter((entry) => /\.js($|\?)/.test(entry.name))
      .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  );
  await context.close();
}
await browser.close();
times.sort((a, b) => a - b);
process.stdout.write(
  `${JSON.stringify({ median: times[Math.floor(times.length / 2)], slowest: times.at(-1), script })}\n`,
);
