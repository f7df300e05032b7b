// Pages and checks of posture in the browser suite: what to do, what is hidden, what is covered, how the hub is set up.
import { broken, forbidden } from "./answers.mjs";

const at = (name, path, heading, more = {}) => ({ name, path, heading, who: "owner", ...more });

export const PAGES = [
  at("now", "/", "things need you"),
  at("now-calm", "/", "Nothing needs you now", {
    over: { "GET /api/v1/notices": { body: { items: [], total: 0 } } },
  }),
  at("recommendations", "/recommendations", "Recommendations"),
  at("recommendations-open", "/recommendations?open=rebuild-debian", "Recommendations"),
  at("recommendations-controls", "/recommendations?tab=control&open=remediate-vulnerabilities", "Recommendations"),
  at("recommendations-none", "/recommendations?text=nothing-like-it", "Recommendations"),
  at("recommendations-error", "/recommendations", "Recommendations", { over: { "GET /api/v1/fixes": broken } }),
  at("recommendation", "/recommendations/image.vulnerabilities", "Images should have no known vulnerabilities"),
  at(
    "recommendation-blind",
    "/recommendations/image.vulnerabilities?state=not_assessed",
    "Images should have no known vulnerabilities",
  ),
  at("recommendation-nowhere", "/recommendations/no.such", "There is no such thing", { missing: true }),
  at("fix", "/fixes/rebuild-debian", "Rebuild on debian:12-slim of 28 Oct"),
  at("fix-vulnerabilities", "/fixes/rebuild-debian?tab=vulnerabilities", "Rebuild on debian:12-slim of 28 Oct"),
  at("fix-parts", "/fixes/rebuild-debian?tab=parts", "Rebuild on debian:12-slim of 28 Oct"),
  at("exemptions", "/rules", "Rules and exemptions"),
  at("exemption", "/rules?open=e2&active=all", "Rules and exemptions"),
  at("rules", "/rules?tab=rules", "Rules and exemptions"),
  at("rule", "/rules?tab=rules&open=r1", "Rules and exemptions"),
  at("rules-forbidden", "/rules?tab=rules", "Rules and exemptions", {
    over: { "GET /api/v1/disable-rules": forbidden },
  }),
  at("coverage", "/coverage", "Coverage and trust"),
  at("workload", "/workload", "Workload protections"),
  at("notices", "/notices", "Notices"),
  at("scopes", "/settings/scopes", "Scopes"),
  at("owners", "/settings/owners", "Owners"),
  at("plans", "/settings/plans", "Plans"),
  at("feeds", "/settings/feeds", "Feeds"),
  at("webhooks", "/settings/webhooks", "Webhooks"),
  at("webhook", "/settings/webhooks?open=w1", "Webhooks"),
];
const page = (name) => PAGES.find((p) => p.name === name);

export async function checks({ check, open, none, shots }) {
  const shoot = async (tab, name) => {
    if (shots) await tab.screenshot({ path: `${shots}/${name}.png` });
  };
  const sent = (tab) => {
    const requests = [];
    tab.on("request", (request) => {
      if (request.method() !== "GET")
        requests.push([request.method(), new URL(request.url()).pathname, request.postDataJSON()]);
    });
    return requests;
  };

  for (const [scheme, width] of [
    ["light", 1440],
    ["dark", 390],
  ]) {
    await check(`exempt, ${scheme}, ${width} px: the effect comes before, undo after`, async () => {
      const { tab, wrong, close } = await open(page("recommendation"), { scheme, width });
      try {
        const requests = sent(tab);
        await tab.getByRole("button", { name: "Exempt… shop/cart:7.1" }).click();
        const dialog = tab.getByRole("dialog");
        await dialog.getByRole("region", { name: "Effect" }).waitFor();
        await shoot(tab, `exempt-${scheme}-${width}`);
        const button = dialog.getByRole("button", { name: /^Exempt 2 until/ });
        await button.click();
        await dialog.getByText("Say why, for who comes after.").waitFor();
        if (requests.some(([, path]) => path === "/api/v1/exemptions")) throw new Error("saved without a reason");
        await dialog.getByLabel("Reason").fill("It is moved in January.");
        await button.click();
        await tab.getByText("2 assets are exempt until").waitFor();
        await shoot(tab, `exempted-${scheme}-${width}`);
        await tab.getByRole("button", { name: "Undo" }).click();
        await tab.getByText("The exemption is taken back.").waitFor();
        const saved = requests.find(([method, path]) => method === "POST" && path === "/api/v1/exemptions");
        if (saved?.[2].reason !== "It is moved in January." || !saved[2].assetId)
          throw new Error(JSON.stringify(saved));
        if (!requests.some(([method, path]) => method === "DELETE" && path === "/api/v1/exemptions/e1"))
          throw new Error("nothing was taken back");
        none(wrong, "errors");
      } finally {
        await close();
      }
    });
  }

  await check("e exempts on a recommendation; in a field it is a letter", async () => {
    const { tab, close } = await open(page("recommendation"));
    try {
      await tab.getByLabel("Filter assets").focus();
      await tab.keyboard.press("e");
      if ((await tab.getByRole("dialog").count()) > 0) throw new Error("the letter opened a dialog");
      await tab.getByRole("heading", { level: 1 }).click();
      await tab.keyboard.press("e");
      await tab.getByRole("dialog", { name: "Exempt a scope" }).waitFor();
    } finally {
      await close();
    }
  });

  await check("a rule shows what it hides before it is made, and says which criterion is missing", async () => {
    const { tab, wrong, close } = await open(page("rules"));
    try {
      const requests = sent(tab);
      await tab.getByRole("button", { name: "New rule…" }).click();
      const dialog = tab.getByRole("dialog");
      await dialog.getByText("Give at least one criterion").waitFor();
      await dialog.getByLabel("Low", { exact: true }).check();
      await dialog.getByRole("region", { name: "Effect" }).waitFor();
      await dialog.getByLabel("Name").fill("Low ones");
      await dialog.getByLabel("Justification").fill("Nobody acts on them.");
      await shoot(tab, "rule-dialog");
      await dialog.getByRole("button", { name: "Hide 40 findings" }).click();
      await tab.getByText("hides 40 findings").waitFor();
      const saved = requests.find(([, path]) => path === "/api/v1/disable-rules");
      if (JSON.stringify(saved?.[2].criteria) !== '{"match":"all","severities":["low"]}')
        throw new Error(JSON.stringify(saved));
      none(wrong, "errors");
    } finally {
      await close();
    }
  });

  await check("the palette finds by Ctrl-K, moves by arrows, opens by Enter, and never another site", async () => {
    const { tab, wrong, close } = await open(page("notices"));
    try {
      await tab.keyboard.press("Control+k");
      const palette = tab.getByRole("dialog", { name: "Search" });
      await palette.waitFor();
      await tab.keyboard.type("a");
      await tab.keyboard.type("t");
      await tab.waitForTimeout(400);
      if ((await palette.getByText("a trap").count()) > 0) throw new Error("a link of another site is offered");
      await palette.getByLabel("Search everything").fill("48384");
      await palette.getByRole("option", { name: /CVE-2025-48384/ }).waitFor();
      await shoot(tab, "palette");
      await palette.getByLabel("Search everything").fill("plans");
      await palette.getByRole("option", { name: "Settings, Plans" }).waitFor();
      // What the hub found stands before the pages.
      await tab.keyboard.press("ArrowDown");
      await palette.getByRole("option", { name: "Settings, Plans", selected: true }).waitFor();
      await tab.keyboard.press("Enter");
      await tab.getByRole("heading", { level: 1, name: "Plans" }).waitFor();
      none(wrong, "errors");
    } finally {
      await close();
    }
  });

  await check("g e goes to rules and exemptions, ? shows the keys, and single keys can be switched off", async () => {
    const { tab, close } = await open(page("notices"));
    try {
      await tab.keyboard.press("g");
      await tab.keyboard.press("e");
      await tab.waitForURL(/\/rules/);
      await tab.keyboard.press("?");
      const help = tab.getByRole("dialog", { name: "Keys" });
      await help.waitFor();
      await shoot(tab, "keys");
      await help.getByText("Single keys").click();
      await help.getByRole("button", { name: "Close" }).last().click();
      await help.waitFor({ state: "detached" });
      await tab.keyboard.press("?");
      await tab.waitForTimeout(200);
      if ((await tab.getByRole("dialog").count()) > 0) throw new Error("a single key still does something");
    } finally {
      await close();
    }
  });

  await check("a fix opens beneath its row, in the address, and Back closes it", async () => {
    const { tab, close } = await open(page("recommendations"));
    try {
      await tab.getByRole("button", { name: /What remains after: Rebuild on debian/ }).click();
      await tab.waitForURL(/open=rebuild-debian/);
      await tab.getByRole("region", { name: "Who does it" }).waitFor();
      await tab.goBack();
      await tab.waitForURL((url) => !url.search.includes("open"));
      await tab.getByRole("region", { name: "Who does it" }).waitFor({ state: "detached" });
    } finally {
      await close();
    }
  });

  await check("numbers lead to the rows that they count, with the same filter", async () => {
    const { tab, close } = await open(page("recommendations-open"));
    try {
      const links = await tab.evaluate(() =>
        [...document.querySelectorAll("#main table a")].map((a) => [
          a.textContent,
          decodeURIComponent(a.getAttribute("href")),
        ]),
      );
      const wanted = [
        ["464", "/images?fix=rebuild-debian"],
        ["214", "/images?fix=rebuild-debian&owner=o1"],
        ["62", "/images?fix=rebuild-debian&owner=none"],
      ];
      for (const [text, href] of wanted)
        if (!links.some(([t, h]) => t === text && h === href))
          throw new Error(`${text} does not lead to ${href}: ${JSON.stringify(links)}`);
    } finally {
      await close();
    }
  });

  await check("assignment rules change only when they are saved, and can be undone", async () => {
    const { tab, wrong, close } = await open(page("scopes"));
    try {
      const requests = sent(tab);
      await tab.getByRole("button", { name: "Move rule 1 down" }).click();
      if (requests.length > 0) throw new Error("a move was saved");
      await tab.getByRole("button", { name: "Save 2 rules" }).click();
      await tab.getByText("2 rules assign from now on.").waitFor();
      await tab.getByRole("button", { name: "Undo" }).click();
      await tab.getByText("The rules of before hold again.").waitFor();
      const orders = requests.map(([, , body]) => body.rules.map((rule) => rule.scope).join(" "));
      if (orders.join("; ") !== "shop/checkout shop; shop shop/checkout") throw new Error(orders.join("; "));
      none(wrong, "errors");
    } finally {
      await close();
    }
  });

  await check("a webhook is turned off", async () => {
    const { tab, wrong, close } = await open(page("webhook"));
    try {
      const requests = sent(tab);
      await tab.getByRole("button", { name: "Turn off", exact: true }).click();
      await tab.getByText("on-call is off: no notice is carried until it is on again.").waitFor();
      if (JSON.stringify(requests) !== '[["PATCH","/api/v1/webhooks/w1",{"on":false}]]')
        throw new Error(JSON.stringify(requests));
      none(wrong, "errors");
    } finally {
      await close();
    }
  });

  await check("a plan is turned off only after its effect was seen", async () => {
    const { tab, close } = await open(page("plans"));
    try {
      const requests = sent(tab);
      await tab.getByRole("button", { name: "Turn off… Images in registries" }).click();
      const dialog = tab.getByRole("dialog");
      await dialog.getByRole("region", { name: "Effect" }).waitFor();
      await shoot(tab, "plan-dialog");
      await dialog.getByRole("button", { name: "Turn off" }).click();
      await tab.getByText("Images in registries: off in all scopes.").waitFor();
      const put = requests.find(([method]) => method === "PUT");
      if (JSON.stringify(put?.[2]) !== '{"plan":"registries","on":false}') throw new Error(JSON.stringify(put));
    } finally {
      await close();
    }
  });

  await check("rows that come while a list is read wait until they are asked for", async () => {
    const more = { ...page("notices"), over: {} };
    const { tab, close } = await open(more);
    try {
      const first = await tab.locator("tr[data-row]").count();
      const answer = await tab.evaluate(async () => (await fetch("/api/v1/notices")).json());
      answer.items.unshift({ ...answer.items[0], id: "n99", title: "A new one" });
      await tab.route("**/api/v1/notices?**", (route) => route.fulfill({ json: answer }));
      await tab.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await tab.getByRole("button", { name: "Seen: CVE-2025-48384" }).click();
      await tab.getByRole("button", { name: /1 new row/ }).waitFor();
      if ((await tab.locator("tr[data-row]").count()) !== first) throw new Error("a row came under the hand");
      await tab.getByRole("button", { name: /1 new row/ }).click();
      await tab.getByText("A new one").waitFor();
    } finally {
      await close();
    }
  });

  for (const width of [320, 768, 1024, 1280, 1920]) {
    for (const name of ["now", "recommendations-open", "recommendation", "workload", "scopes"]) {
      await check(`${name} at ${width} px: no sideways scroll`, async () => {
        const { tab, close } = await open(page(name), { width });
        try {
          await shoot(tab, `${name}-${width}`);
          const sideways = await tab.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          if (sideways > 0) throw new Error(`the page is ${sideways} px wider than the window`);
        } finally {
          await close();
        }
      });
    }
  }
}
