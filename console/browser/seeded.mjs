// A small fleet on a real hub: two teams, a registry, images that differ in what is wrong with them, everything that can be
// said about them, and texts from outside that are hostile.
import { join } from "node:path";
import { debian, makeImage, npm, push, startHub, startRegistry, until } from "./real.mjs";

export const PASSWORD = "correct horse battery staple";

/** Asks the interface as somebody: with the cookie of a session. */
export function asking(origin, cookie) {
  const ask = async (method, path, body) => {
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: {
        "x-seawall-request": "test",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(cookie ? { cookie: `${cookie.name}=${cookie.value}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return { headers: answer.headers, body: text ? JSON.parse(text) : undefined };
  };
  return {
    ask,
    get: async (path) => (await ask("GET", path)).body,
    post: async (path, body) => (await ask("POST", path, body)).body,
    put: async (path, body) => (await ask("PUT", path, body)).body,
  };
}

/** Redeems the set-up link; gives the cookie of the first owner's session. */
export async function redeem(hub, name = "root") {
  const link = hub.link.split("#")[1];
  const { headers } = await asking(hub.origin).ask("POST", "/setup", { link, name, password: PASSWORD });
  const [pair] = (headers.get("set-cookie") ?? "").split(";");
  const [cookie, ...value] = pair.split("=");
  return { name: cookie, value: value.join("=") };
}

/** What the base of every team is: some of it has a repair. */
export const BASE = {
  by: "debootstrap bookworm",
  files: debian({
    libc6: { version: "2.36-9+deb12u1", source: "glibc" },
    curl: "7.88.1-10+deb12u1",
    libwebp7: { version: "1.2.4-0.2", source: "libwebp" },
    "openssh-server": { version: "1:9.2p1-2+deb12u2", source: "openssh" },
    rsync: "3.2.7-1",
    tzdata: "2024a-0+deb12u1",
  }),
};

/** The same with every repair. */
export const REPAIRED = {
  by: "debootstrap bookworm",
  files: debian({
    libc6: { version: "2.36-9+deb12u9", source: "glibc" },
    curl: "7.88.1-10+deb12u8",
    libwebp7: { version: "1.2.4-0.2+deb12u1", source: "libwebp" },
    "openssh-server": { version: "1:9.2p1-2+deb12u3", source: "openssh" },
    rsync: "3.2.7-1+deb12u1",
    tzdata: "2024a-0+deb12u1",
  }),
};

const app = (name, version) => ({ by: `COPY --from=build /app /app # ${name}`, files: npm("app", name, version) });

const IMAGES = [
  { name: "shop/web:1.4", layers: [BASE, app("lodash", "4.17.20")], config: { User: "1000" } },
  { name: "shop/web:1.3", layers: [BASE, app("minimist", "1.2.0")], config: { User: "root" } },
  { name: "shop/cart:2", layers: [BASE, app("ua-parser-js", "0.7.29")], config: {} },
  { name: "shop/clean:1", layers: [REPAIRED], config: { User: "65534" } },
  {
    name: "pay/ledger:7",
    layers: [BASE, app("event-stream", "3.3.6")],
    config: { User: "0", Env: ["AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEYx"] },
  },
  {
    name: "pay/hostile:1",
    layers: [BASE, app("<script>alert(1)</script>", "1.0.0")],
    config: { User: "1", Labels: { "<img src=x onerror=alert(1)>": "\u202egnp.exe", long: "x".repeat(20_000) } },
  },
  // A distribution of which nobody knows anything.
  {
    name: "lab/odd:1",
    layers: [{ by: "COPY . /", files: { "etc/os-release": 'ID=seawallos\nVERSION_ID="1"\n', "bin/odd": "odd" } }],
    config: { User: "1" },
  },
];

/** The hub with the fleet, judged. */
export async function seed(shop) {
  const hub = await startHub(shop);
  const cookie = await redeem(hub);
  const api = asking(hub.origin, cookie);
  await api.post("/scopes", { parent: "", slug: "shop", name: "Shop" });
  await api.post("/scopes", { parent: "shop", slug: "checkout", name: "Checkout" });
  await api.post("/scopes", { parent: "", slug: "pay", name: "Payments" });
  const storefront = await api.post("/owners", { name: "storefront", contact: "storefront@example.org" });
  const payments = await api.post("/owners", { name: "payments", contact: "" });
  await api.put("/scope-rules", {
    rules: [
      { repositoryPrefix: "shop", scope: "shop", owner: storefront.id },
      { repositoryPrefix: "pay", scope: "pay", owner: payments.id },
    ],
  });
  const port = (await startRegistry(shop)).port;
  const registry = await connect(shop, hub, api, "prod", port);
  const images = [];
  for (const [index, { name, ...what }] of IMAGES.entries()) {
    const image = await makeImage(join(shop.folder, `image-${index}`), what);
    await push(image, `${registry.address}/${name}`);
    images.push({ ...image, name });
  }
  await until(
    "all images to be judged",
    async () => {
      const list = await api.get("/images?limit=100");
      return list.items.length >= IMAGES.length && list.items.every((one) => one.scanned) ? list.items : undefined;
    },
    90,
  );
  // The registry was away while it was set up to notify: what is said of it settles later than its images.
  await until(
    "the registry to be judged and the queue to be empty",
    async () => {
      const { registries } = await api.get("/coverage");
      const { items } = await api.get("/recommendations");
      const blind = items.filter(({ control, states }) => control.startsWith("registry.") && states.notAssessed > 0);
      const { queued, leased } = await api.get("/jobs/counts");
      return registries.every(({ state }) => state === "ok") && blind.length === 0 && queued + leased === 0;
    },
    60,
  );
  await until("a score", async () => (await api.get("/score")).percent !== undefined);
  await api.post("/exemptions", {
    control: "image.root-user",
    scope: "shop",
    category: "waiver",
    reason: "Rebuilt with the next release",
    expires: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  });
  await api.post("/users", { name: "reader", password: PASSWORD });
  await api.post("/tokens", { name: "pipeline", grants: [{ scope: "shop", role: "publish" }] });
  return { ...hub, cookie, api, registry, images };
}

/** Connects a registry of this machine, and starts it anew so that it notifies. */
export async function connect(shop, hub, api, name, port) {
  const address = `127.0.0.1:${port}`;
  const made = await api.post("/registries", { name, address, insecure: true, pollMinutes: 60 });
  const running = shop.running(port);
  if (running) await shop.stop(running);
  const url = `${hub.origin}/api/v1/registries/${made.registry.id}/notifications`;
  const registry = await startRegistry(shop, { port, notify: { url, secret: made.eventsSecret } });
  return { ...registry, id: made.registry.id };
}
