// The pages of the fleet in the browser suite: registries, images, what is in them, vulnerabilities, software, the queue.
import { broken, forbidden } from "./answers.mjs";

const at = (name, path, heading, more = {}) => ({ name, path, heading, who: "owner", ...more });

/** Every page of the fleet, and the states of some. */
export const FLEET_PAGES = [
  at("images", "/images", "Images"),
  at("images-filtered", "/images?severity=critical,high&owner=o1&sel=1,2", "Images"),
  at("images-nothing", "/images?text=nothing", "Images"),
  at("images-forbidden", "/images", "Images", { over: { "GET /api/v1/images": forbidden } }),
  at("images-broken", "/images", "Images", { over: { "GET /api/v1/images": broken } }),
  at("images-new", "/images", "Images", { over: { "GET /api/v1/images": { body: { items: [], total: 0 } } } }),
  at("image", "/images/1?spread=fix+f1+deb-libc6", "2026.11.18"),
  at("image-evidence", "/images/1?open=CVE-2022-29078+npm-ejs", "2026.11.18"),
  at("image-packages", "/images/1?tab=packages", "2026.11.18"),
  at("image-layers", "/images/1?tab=layers", "2026.11.18"),
  at("image-history", "/images/1?tab=history", "2026.11.18"),
  at("image-why", "/images/1?tab=why&vulnerability=CVE-2025-48384", "2026.11.18"),
  at("image-blind", "/images/8", "cart‹U+202E›gnp.exe"),
  at("image-published", "/images/9?tab=history", "pipeline/checkout@sha256:090909090909"),
  at("image-unknown", "/images/999", "There is no such thing", { missing: true }),
  at("compare", "/images/1/compare?with=4", "2 findings gone, 1 finding new, 7 stay"),
  at("compare-packages", "/images/1/compare?with=4&tab=packages", "2 findings gone, 1 finding new, 7 stay"),
  at("compare-choose", "/images/1/compare", "Compare with another image"),
  at("inventory", "/inventory", "Inventory"),
  at("inventory-images", "/inventory?kind=image&state=not_assessed", "Inventory"),
  at("registries", "/registries", "Registries"),
  at("registry-add", "/registries?add=true", "Registries"),
  at("registry", "/registries/1", "harbor"),
  at("registry-failing", "/registries/2", "lab"),
  at("repository", "/registries/1/11", "storefront/cart"),
  at("repository-tags", "/registries/1/11?tab=tags", "storefront/cart"),
  at("repository-history", "/registries/1/11?tab=history", "storefront/cart"),
  at("ask", "/cve", "Am I affected?"),
  at("cve", "/cve/CVE-2025-48384", "Yes. git is in 3 images of 1 owner."),
  at("cve-why-not", "/cve/CVE-2025-48384?verdict=not_affected&open=4+deb-git", "Yes. git is in 3 images of 1 owner."),
  at("cve-no", "/cve/CVE-2024-3094", "No. Nothing that it speaks of is in an image."),
  at("cve-unknown", "/cve/CVE-2099-0001", "Nobody knows CVE-2099-0001.", { missing: true }),
  at("software", "/software", "Software"),
  at("software-versions", "/software/deb?name=openssl", "openssl"),
  at("queue", "/queue", "Scans and queue"),
  at("queue-dead", "/queue?state=dead&open=38&sel=39,38", "Scans and queue"),
];

const fail = (text) => {
  throw new Error(text);
};

/** What one does on them. */
export async function fleetChecks({ check, open, none }) {
  const on = (name, path, heading, more) => open({ name, path, heading, who: "owner", ...more });

  await check("images: filters live in the address, a chip takes one off, back restores it", async () => {
    const { tab, close } = await on("images", "/images", "Images");
    try {
      await tab.getByRole("button", { name: "Filter", exact: true }).click();
      await tab.getByLabel("Critical", { exact: true }).check();
      await tab.waitForURL(/severity=critical/);
      await tab.getByLabel("Owner", { exact: true }).selectOption("o1");
      await tab.waitForURL(/owner=o1/);
      await tab.getByText("3 images, all there are").waitFor();
      await tab.getByRole("button", { name: "6 hidden by filters" }).waitFor();
      await tab.getByRole("button", { name: "Remove filter Severity" }).click();
      await tab.waitForURL((url) => !url.search.includes("severity"));
      await tab.goBack();
      await tab.waitForURL(/severity=critical/);
      await tab.getByText("3 images, all there are").waitFor();
    } finally {
      await close();
    }
  });

  await check("images: a filter that empties the list is named and taken off by one click", async () => {
    const { tab, close } = await on("images", "/images?text=nothing", "Images");
    try {
      await tab.getByRole("heading", { name: "No row matches these filters" }).waitFor();
      await tab.getByText("The filter is text: nothing.").waitFor();
      await tab.getByRole("button", { name: "Remove that filter" }).click();
      await tab.getByText("9 images, all there are").waitFor();
    } finally {
      await close();
    }
  });

  await check("images: x selects, Shift-x a range, two can be compared, Esc clears", async () => {
    const { tab, close } = await on("images", "/images", "Images");
    try {
      await tab.locator('tr[data-row="1"]').focus();
      await tab.keyboard.press("x");
      await tab.getByText("1 selected").waitFor();
      await tab.keyboard.press("j");
      await tab.keyboard.press("Shift+X");
      await tab.getByText("2 selected").waitFor();
      if (!decodeURIComponent(tab.url()).includes("sel=1,2")) fail(`the selection is not in the address: ${tab.url()}`);
      await tab.keyboard.press("Escape");
      await tab.getByText("2 selected").waitFor({ state: "detached" });
      await tab.keyboard.press("Shift+X");
      await tab.keyboard.press("k");
      await tab.keyboard.press("x");
      await tab.getByRole("link", { name: "Compare", exact: true }).click();
      await tab.waitForURL(/\/compare\?with=/);
      await tab.getByRole("heading", { level: 1, name: "2 findings gone, 1 finding new, 7 stay" }).waitFor();
    } finally {
      await close();
    }
  });

  await check("images: each number leads to as many rows as it says", async () => {
    const { tab, close, origin } = await on("images", "/images", "Images");
    try {
      const links = await tab
        .locator("tr[data-row='1'] a[data-rows], header a[data-rows], main a[data-rows]")
        .evaluateAll((all) => all.map((a) => [a.getAttribute("href"), Number(a.dataset.rows)]));
      const followed = new Map(links.filter(([href]) => /^\/images(\?|\/1\?tab=findings)/.test(href)));
      if (followed.size < 5) fail(`only ${followed.size} numbers are links`);
      for (const [href, rows] of followed) {
        await tab.goto(origin + href);
        const total = await tab.locator("[data-total]").first().getAttribute("data-total");
        if (Number(total) !== rows) fail(`${href} says ${rows} and leads to ${total}`);
      }
    } finally {
      await close();
    }
  });

  await check("image: o opens why, j and k step on, Esc gives the focus back, all in the address", async () => {
    const { tab, wrong, close } = await on("image", "/images/1", "2026.11.18");
    try {
      const row = tab.locator("tr[data-row]").first();
      await row.focus();
      await tab.keyboard.press("o");
      await tab.getByRole("dialog", { name: "Why CVE-2022-29078 is here" }).waitFor();
      await tab.getByText("The advisory covers that version").waitFor();
      if ((await tab.locator('a[href^="javascript:"]').count()) > 0)
        fail("an address from outside became a link of script");
      await tab.keyboard.press("j");
      await tab.getByRole("dialog", { name: "Why CVE-2021-44906 is here" }).waitFor();
      if (!tab.url().includes("CVE-2021-44906")) fail(`the open row is not in the address: ${tab.url()}`);
      await tab.keyboard.press("k");
      await tab.getByRole("dialog", { name: "Why CVE-2022-29078 is here" }).waitFor();
      await tab.keyboard.press("Escape");
      await tab.getByRole("dialog").waitFor({ state: "detached" });
      if ((await tab.evaluate(() => document.activeElement?.tagName)) !== "TR") fail("the focus is lost");
      if ((await tab.title()) === "owned") fail("a script of a label ran");
      none(wrong, "errors");
    } finally {
      await close();
    }
  });

  await check("image: a layer narrows the findings, and what it hides is counted", async () => {
    const { tab, close } = await on("image", "/images/1", "2026.11.18");
    try {
      await tab.getByRole("button", { name: /RUN npm ci/ }).click();
      await tab.waitForURL(/layer=4/);
      await tab.getByText("7 hidden: in other layers").waitFor();
      await tab.getByText("3 findings of layer 4").waitFor();
      await tab.getByRole("button", { name: "Apart" }).click();
      await tab.waitForURL(/judgement=apart/);
    } finally {
      await close();
    }
  });

  await check("image: why, or why not, answers for any id", async () => {
    const { tab, close } = await on("image", "/images/1?tab=why", "2026.11.18");
    try {
      await tab.getByLabel("CVE, GHSA or another id").fill("CVE-2099-0001");
      await tab.getByRole("button", { name: "Ask why, or why not" }).click();
      await tab.waitForURL(/vulnerability=CVE-2099-0001/);
      await tab.getByRole("heading", { name: "No: no package of this image has a name that it speaks of." }).waitFor();
    } finally {
      await close();
    }
  });

  await check("a registry is checked, added, and its secret told once with the settings that use it", async () => {
    const { tab, close } = await on("registries", "/registries", "Registries");
    try {
      const sent = [];
      tab.on("request", (request) => {
        if (request.method() === "POST") sent.push([new URL(request.url()).pathname, request.postDataJSON()]);
      });
      await tab.getByRole("button", { name: "Add registry…" }).click();
      await tab.waitForURL(/add=true/);
      const dialog = tab.getByRole("dialog");
      await dialog.getByLabel("Name", { exact: true }).fill("new");
      await dialog.getByLabel("Address").fill("registry.example:5000");
      await dialog.getByLabel("Only these repositories").fill("shop/*\nlab/*");
      await dialog.getByRole("button", { name: "Check connection" }).click();
      await dialog.getByText("It lists 61 repositories.").waitFor();
      await dialog.getByRole("button", { name: "Add registry", exact: true }).click();
      await dialog.getByText("It is shown this once").or(dialog.getByText("shown this once")).first().waitFor();
      if ((await dialog.getByLabel("The events secret").inputValue()) !== "swe_2d0c7b9a4f")
        fail("the secret is not shown");
      await dialog.getByText("Authorization: [Bearer swe_2d0c7b9a4f]").waitFor();
      const body = sent.find(([path]) => path === "/api/v1/registries")?.[1];
      if (JSON.stringify(body?.include) !== '["shop/*","lab/*"]' || "password" in body)
        fail(`sent ${JSON.stringify(body)}`);
      await dialog.getByRole("button", { name: "I have copied the secret" }).click();
      await tab.getByRole("dialog").waitFor({ state: "detached" });
    } finally {
      await close();
    }
  });

  await check("a registry is removed only by its name, and says before what goes with it", async () => {
    const { tab, close } = await on("registry", "/registries/1", "harbor");
    try {
      await tab.getByRole("button", { name: "Remove…" }).click();
      const dialog = tab.getByRole("dialog");
      await dialog.getByText("5 repositories with 8 images and their history are forgotten.").waitFor();
      const button = dialog.getByRole("button", { name: "Remove 8 images" });
      await dialog.getByRole("textbox").fill("harbo");
      if (await button.isEnabled()) fail("a wrong name removes it");
      await dialog.getByRole("textbox").fill("harbor");
      await button.click();
      await tab.getByRole("heading", { level: 1, name: "Registries" }).waitFor();
    } finally {
      await close();
    }
  });

  await check("am I affected: the box leads to the verdict, and the verdict to why not", async () => {
    const { tab, close } = await on("ask", "/cve", "Am I affected?");
    try {
      await tab.keyboard.type("cve-2025-48384");
      await tab.keyboard.press("Enter");
      await tab.waitForURL(/\/cve\/CVE-2025-48384/);
      await tab.getByRole("heading", { level: 1, name: "Yes. git is in 3 images of 1 owner." }).waitFor();
      await tab.getByRole("button", { name: "Not affected 2" }).click();
      await tab.waitForURL(/verdict=not_affected/);
      await tab.getByText("fixed version installed").first().waitFor();
      if ((await tab.locator('a[href^="javascript:"]').count()) > 0)
        fail("an address from outside became a link of script");
    } finally {
      await close();
    }
  });

  await check("queue: what was given up is tried again, and only that", async () => {
    const { tab, close } = await on("queue", "/queue?sel=39,37", "Scans and queue");
    try {
      const sent = [];
      tab.on("request", (request) => request.method() === "POST" && sent.push(new URL(request.url()).pathname));
      await tab.getByText("Only what was given up can be tried again.").waitFor();
      await tab.getByRole("button", { name: "Try 1 again" }).click();
      await tab.getByText("2 selected").waitFor({ state: "detached" });
      if (sent.join() !== "/api/v1/jobs/39/retry") fail(`sent ${sent.join()}`);
    } finally {
      await close();
    }
  });

  for (const width of [320, 768, 1024, 1280, 1920]) {
    await check(`image, images and CVE at ${width} px: no sideways scroll`, async () => {
      for (const [path, heading] of [
        ["/images", "Images"],
        ["/images/1", "2026.11.18"],
        ["/cve/CVE-2025-48384", "Yes. git is in 3 images of 1 owner."],
        ["/registries/1", "harbor"],
      ]) {
        const { tab, close } = await open({ path, heading, who: "owner" }, { width });
        try {
          const sideways = await tab.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          if (sideways > 0) fail(`${path} is ${sideways} px wider than the window`);
        } finally {
          await close();
        }
      }
    });
  }
}
