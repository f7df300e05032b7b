// What the hub says of posture in the browser suite: fixes, controls, score, rules, exemptions, coverage, notices, settings.
// The numbers agree with one another; among the texts are hostile ones.
const LONG = "x".repeat(300_000);
const tally = (critical, high, medium, low, unknown = 0, negligible = 0) => ({
  critical,
  high,
  medium,
  low,
  negligible,
  unknown,
});
const states = (healthy, unhealthy, notApplicable, notAssessed) => ({
  healthy,
  unhealthy,
  notApplicable,
  notAssessed,
});
const payments = { id: "o1", name: "payments" };
const storefront = { id: "o2", name: "storefront" };
const hostile = { id: "o3", name: "<script>alert(1)</script>" };

const digest = (n) => `sha256:${String(n).repeat(64).slice(0, 64)}`;
const image = (n, repository, owner, scope = "shop") => ({
  id: `i${n}`,
  assetId: `registry/main/${repository}@${digest(n)}`,
  registry: "main",
  repository,
  digest: digest(n),
  configDigest: digest(n + 1),
  tags: ["7.1"],
  scope,
  ...(owner ? { owner } : {}),
  state: "unhealthy",
  findings: { ...tally(0, 8, 12, 2), apart: 0, fixable: 20, kev: 0 },
  packages: 88,
  size: 74_800_000,
  firstSeen: "2026-11-02T09:14:00Z",
  lastSeen: "2026-11-24T08:15:00Z",
  trigger: "push",
});

const fixes = [
  {
    id: "rebuild-debian",
    title: "Rebuild on debian:12-slim of 28 Oct",
    deed: "rebuild-on-base",
    name: "debian:12-slim",
    target: "debian:12.12-slim",
    parts: [
      { kind: "deb", name: "openssl", from: ["3.0.11-1~deb12u2", "3.0.9-1"], to: "3.0.15-1~deb12u1", findings: 1_812 },
      { kind: "deb", name: "expat", from: ["2.5.0-1"], to: "2.5.0-1+deb12u2", findings: 1_204 },
      { kind: "deb", name: "libxml2", from: ["2.9.14+dfsg-1.3~deb12u1"], to: "2.9.14+dfsg-1.3~deb12u4", findings: 612 },
      { kind: "deb", name: "python3.11", from: ["3.11.2-6"], to: "3.11.2-6+deb12u6", findings: 402 },
      { kind: "deb", name: "zlib\u202egnp", from: ["1.2.13", "1.2.11", "1.2.12", "1.2.10"], to: "1.3.1", findings: 60 },
      { kind: "deb", name: "<img src=x onerror=alert(1)>", from: ["1"], to: "2", findings: 20 },
      { kind: "deb", name: LONG, from: ["1"], to: "2", findings: 10 },
    ],
    clears: tally(84, 902, 2_118, 961, 55),
    vulnerabilities: 71,
    kev: 2,
    malware: 0,
    epss: 0.944,
    images: 464,
    owners: [
      { owner: payments, images: 214, findings: 1_904 },
      { owner: storefront, images: 188, findings: 1_702 },
      { images: 62, findings: 514 },
    ],
    remains: { healed: 388, images: 76, findings: 1_020, unfixed: 611 },
    measured: true,
    progress: { earlier: 612, arrived: 148, percent: 24.2, since: "2026-10-28T09:00:00Z" },
    since: "2026-11-24T06:31:00Z",
  },
  {
    id: "upgrade-git",
    title: "Upgrade git to 1:2.39.5-0+deb12u3",
    deed: "upgrade",
    kind: "deb",
    name: "git",
    target: "1:2.39.5-0+deb12u3",
    parts: [{ kind: "deb", name: "git", from: ["1:2.39.5-0+deb12u2"], to: "1:2.39.5-0+deb12u3", findings: 427 }],
    clears: tally(0, 61, 305, 61),
    vulnerabilities: 7,
    kev: 1,
    malware: 0,
    images: 61,
    owners: [
      { owner: storefront, images: 41, findings: 287 },
      { owner: hostile, images: 20, findings: 140 },
    ],
    remains: { healed: 12, images: 49, findings: 311, unfixed: 311 },
    measured: false,
    since: "2026-11-10T08:00:00Z",
  },
  {
    id: "remove-left-pad",
    title: "Remove the hostile package event-stream 3.3.6",
    deed: "remove",
    kind: "npm",
    name: "event-stream",
    parts: [{ kind: "npm", name: "event-stream", from: ["3.3.6"], findings: 1 }],
    clears: tally(1, 0, 0, 0),
    vulnerabilities: 1,
    kev: 0,
    malware: 1,
    images: 1,
    owners: [{ owner: payments, images: 1, findings: 1 }],
    remains: { healed: 1, images: 0, findings: 0, unfixed: 0 },
    measured: false,
    since: "2026-11-24T06:31:00Z",
  },
  {
    id: "rebuild-long",
    title: `Rebuild /usr/local/bin/${"long".repeat(80)} with newer parts`,
    deed: "rebuild",
    kind: "go",
    name: "/usr/local/bin/x",
    parts: [{ kind: "go", name: "golang.org/x/net", from: ["v0.17.0"], to: "v0.55.0", findings: 264 }],
    clears: tally(0, 88, 132, 44),
    vulnerabilities: 6,
    kev: 0,
    malware: 0,
    images: 44,
    owners: [{ images: 44, findings: 264 }],
    remains: { healed: 5, images: 39, findings: 120, unfixed: 3 },
    measured: false,
    progress: { earlier: 49, arrived: 5, percent: 10.2, since: "2026-11-20T08:00:00Z" },
    since: "2026-11-20T08:00:00Z",
  },
];
const findingsOf = (fix) => Object.values(fix.clears).reduce((sum, n) => sum + n, 0);
const summary = {
  actions: fixes.length,
  findings: fixes.reduce((sum, fix) => sum + findingsOf(fix), 0),
  unfixed: tally(2, 311, 290, 8),
};
const fixDetail = {
  ...fixes[0],
  steps: [
    "Change the base image in the Dockerfile; 37 repositories have the same line.\nFROM debian:12.12-slim",
    "Build without the cache and push.\ndocker build --pull --no-cache -t REGISTRY/REPOSITORY:TAG .",
    "Delete the old digest once nothing runs it.",
  ],
  vulnerabilitiesList: [
    { id: "CVE-2026-77696", severity: "critical", kev: true, images: 464 },
    { id: "CVE-2025-48384", severity: "high", kev: true, images: 301 },
    { id: "CVE-2026-0861", severity: "medium", kev: false, images: 464 },
    { id: "GHSA-xxxx\u202e-yyyy", severity: "catastrophic", kev: false, images: 3 },
  ],
};
const fixImages = [
  { image: image(1, "payments/ledger", payments), findings: 22, done: false },
  { image: image(2, "shop/cart", storefront, "shop/checkout"), findings: 20, done: false },
  { image: { ...image(3, "<b>bold</b>", undefined), state: "not_assessed" }, findings: 0, done: true },
];

const group = (id, title, max, current, healthy, unhealthy) => ({
  id,
  title,
  max,
  current,
  potential: max - current,
  healthy,
  unhealthy,
  state: unhealthy > 0 ? "open" : "completed",
});
const groups = [
  group("remediate-vulnerabilities", "Remediate vulnerabilities", 6, 3.87, 1_902, 1_046),
  group("apply-system-updates", "Apply system updates", 6, 5.21, 2_560, 388),
  group("manage-access-and-permissions", "Manage access and permissions", 4, 3.41, 2_513, 435),
  group("encrypt-data-in-transit", "Encrypt data in transit", 4, 3, 3, 1),
];
const recommendation = (control, title, severity, groupId, counts, gain, more = {}) => ({
  control,
  title,
  severity,
  group: groupId,
  preview: false,
  states: counts,
  exempt: 0,
  hidden: 0,
  gain,
  state: counts.unhealthy > 0 ? "open" : "completed",
  ...more,
});
const recommendations = [
  recommendation(
    "image.vulnerabilities",
    "Images should have no known vulnerabilities",
    "high",
    "remediate-vulnerabilities",
    states(1_902, 1_021, 48, 41),
    1.98,
    { exempt: 9, hidden: 233, score: 84.8, since: "2026-03-12T09:00:00Z" },
  ),
  recommendation(
    "image.malware",
    "Images should have no hostile packages",
    "critical",
    "remediate-vulnerabilities",
    states(2_970, 1, 0, 41),
    0.01,
  ),
  recommendation(
    "image.secrets-in-config",
    "Images should hold no credentials in their configuration",
    "high",
    "remediate-vulnerabilities",
    states(2_944, 27, 0, 41),
    0.06,
  ),
  recommendation(
    "image.end-of-life",
    "Images should be built on a release that still gets repairs",
    "high",
    "apply-system-updates",
    states(2_560, 388, 12, 52),
    0.79,
  ),
  recommendation(
    "image.root-user",
    "Images should not run as root",
    "medium",
    "manage-access-and-permissions",
    states(2_513, 435, 0, 64),
    0.59,
  ),
  recommendation(
    "image.no-owner",
    "Images should have an owner",
    "low",
    "manage-access-and-permissions",
    states(2_700, 312, 0, 0),
    0,
    { preview: true },
  ),
  recommendation(
    "registry.tls",
    "Registries should be reached over TLS",
    "high",
    "encrypt-data-in-transit",
    states(3, 1, 0, 0),
    1,
  ),
];
const exemptions = [
  {
    id: "e1",
    control: "image.vulnerabilities",
    controlTitle: "Images should have no known vulnerabilities",
    scope: "shop/checkout",
    category: "waiver",
    reason: "The batch runs in a network without a way out until it is moved in January.",
    expires: "2027-02-24T23:59:59Z",
    created: "2026-11-20T09:00:00Z",
    createdBy: "user/platform-security",
    effect: { assets: 8, unhealthy: 7, findings: 311 },
  },
  {
    id: "e2",
    control: "image.root-user",
    controlTitle: "Images should not run as root",
    assetId: `registry/main/${"deep/".repeat(12)}indexer`,
    category: "mitigated",
    reason: `<script>document.title='owned'</script> \u202e${LONG}`,
    created: "2026-11-18T10:02:00Z",
    createdBy: "user/storefront",
    effect: { assets: 1, unhealthy: 1, findings: 0 },
  },
  {
    id: "e3",
    control: "image.vulnerabilities",
    controlTitle: "Images should have no known vulnerabilities",
    scope: "",
    category: "waiver",
    reason: "Was a mistake.",
    created: "2026-10-01T09:00:00Z",
    createdBy: "token/automation",
    removed: "2026-10-02T09:00:00Z",
    removedBy: "user/platform-security",
    effect: { assets: 0, unhealthy: 0, findings: 0 },
  },
];
const rules = [
  {
    id: "r1",
    name: "Low without a fix",
    scope: "shop",
    criteria: { match: "all", severities: ["low", "negligible"], patchable: false },
    justification: "Nobody can act on them; they come back when a fix appears.",
    created: "2026-11-02T09:00:00Z",
    createdBy: "user/platform-security",
    hides: 230,
  },
  {
    id: "r2",
    name: "<i>glibc</i> until the base moves",
    scope: "",
    criteria: { match: "any", cves: ["CVE-2019-1010022", "CVE-2019-1010023"], check: "glibc" },
    justification: "Disputed by its maintainers.",
    expires: "2027-01-31T23:59:59Z",
    created: "2026-11-18T09:00:00Z",
    createdBy: "user/storefront",
    hides: 3,
  },
];
const ruleFindings = [
  {
    image: "i1",
    assetId: image(1, "payments/ledger").assetId,
    vulnerability: "CVE-2019-1010022",
    package: "libc6 2.36-9",
    severity: "low",
  },
  {
    image: "i2",
    assetId: image(2, "shop/cart").assetId,
    vulnerability: "CVE-2019-1010023",
    package: "libc6 2.36-9",
    severity: "low",
  },
  {
    image: "i2",
    assetId: image(2, "shop/cart").assetId,
    vulnerability: "CVE-2026-1\u202e2",
    package: LONG,
    severity: "odd",
  },
];
const detail = {
  ...recommendations[0],
  detail: {
    id: "image.vulnerabilities",
    title: recommendations[0].title,
    description:
      "A package of the image has a flaw that is published, often with a way to use it. Findings that do not count and those that a disable rule hides make no image unhealthy; both are counted and listed.",
    severity: "high",
    group: { id: "remediate-vulnerabilities", title: "Remediate vulnerabilities", max: 6 },
    preview: false,
    assets: ["image"],
    remediation: {
      text: "Most findings of most images go with a newer base.",
      steps: [
        "Rebuild on the newest build of the base image.\ndocker build --pull -t REGISTRY/REPOSITORY:TAG .",
        "Upgrade the packages that the base does not bring, as the recommendation by fix names them.",
        "Push the image, let it be scanned, and delete the old digest once nothing runs it.",
      ],
    },
    references: [
      { title: "Known exploited vulnerabilities", url: "https://www.cisa.gov/known-exploited-vulnerabilities-catalog" },
      { title: "A trap", url: "javascript:alert(1)" },
    ],
    parameters: [
      { name: "minimum-severity", value: "low", default: "negligible", title: "Least severity" },
      { name: "fixable-only", value: false, default: false, title: "Only with a fix" },
    ],
  },
  trend: [
    { day: "2026-08-26", unhealthy: 1_204 },
    { day: "2026-09-26", unhealthy: 1_190 },
    { day: "2026-10-26", unhealthy: 1_088 },
    { day: "2026-11-24", unhealthy: 1_021 },
  ],
  exemptions: [exemptions[0]],
  rules: 2,
};
const assessed = (n, state, cause, more = {}) => {
  const it = image(n, ["payments/ledger", "shop/cart", "<b>web</b>"][n % 3], [payments, storefront, undefined][n % 3]);
  return {
    kind: "image",
    id: it.id,
    assetId: it.assetId,
    name: `${it.repository}:7.${n}`,
    scope: it.scope,
    ...(it.owner ? { owner: it.owner } : {}),
    state,
    cause,
    findings: state === "unhealthy" ? 23 : 0,
    hidden: state === "unhealthy" ? 4 : 0,
    since: "2026-11-18T10:02:00Z",
    evaluated: "2026-11-24T13:58:00Z",
    link: `/images/${it.id}`,
    ...more,
  };
};
const assets = {
  unhealthy: [
    assessed(1, "unhealthy", "vulnerabilities"),
    assessed(2, "unhealthy", "vulnerabilities"),
    assessed(3, "unhealthy", "vulnerabilities"),
  ],
  healthy: [assessed(4, "healthy", "")],
  not_applicable: [assessed(5, "not_applicable", "exempt", { exemption: "e1" })],
  not_assessed: [
    assessed(6, "not_assessed", "no feed for Fedora 41"),
    assessed(7, "not_assessed", "a layer could not be read"),
  ],
};
const score = {
  percent: 76,
  current: 15.49,
  max: 20,
  groups,
  counted: { healthy: 1_902, unhealthy: 1_046 },
  notAssessed: 41,
  exempt: 9,
  formula: "Σ current 15.49 ÷ Σ maximum 20. Not assessed assets are outside the score and counted above.",
  at: "2026-11-24T14:02:00Z",
};
const history = Array.from({ length: 12 }, (_, week) => {
  const day = new Date(Date.UTC(2026, 7, 26) + week * 8 * 86_400_000).toISOString().slice(0, 10);
  const percent = [72, 72.4, 73.2, 73.1, 74, 74.4, 72.3, 73, 74.8, 75.2, 76.4, 76][week];
  return { day, percent, current: (percent / 100) * 20, max: 20 };
});
const coverage = {
  plans: [
    {
      plan: "registries",
      on: 3_012,
      could: 3_012,
      state: "on",
      sentence: "2,948 of 3,012 images in 4 registries are assessed.",
    },
    { plan: "hosts", on: 0, could: 0, state: "later", sentence: "No host reports to this hub." },
    { plan: "kubernetes", on: 0, could: 0, state: "later", sentence: "No cluster reports to this hub." },
    { plan: "runtime", on: 0, could: 0, state: "later", sentence: "No sensor reports to this hub." },
  ],
  assets: { total: 3_012, assessed: 2_948, notAssessed: 41, notApplicable: 23 },
  causes: [
    { cause: "no feed for their release", code: "no-feed", count: 29, link: "/images?state=not_assessed&text=no-feed" },
    { cause: "<script>alert(2)</script>", code: "layer-unreadable", count: 12, link: "javascript:alert(1)" },
  ],
  registries: [
    { id: "g1", name: "main", state: "ok", since: "2026-11-02T09:00:00Z", notified: "2026-11-24T14:01:00Z" },
    {
      id: "g2",
      name: "edge",
      state: "failing",
      detail: "the certificate ended on 20 Nov",
      since: "2026-11-20T00:00:00Z",
    },
    { id: "g3", name: "mirror\u202e", state: "ok", since: "2026-11-02T09:00:00Z" },
    { id: "g4", name: "old", state: "paused", since: "2026-11-02T09:00:00Z" },
  ],
  feeds: {
    state: "stale",
    newest: "2026-11-24T12:00:00Z",
    sentence: "1 of 9 sources is older than 3 days: Alpine main.",
  },
  queue: { queued: 14, oldest: "2026-11-24T13:58:00Z", dead: 2 },
  agents: [],
  problems: [
    { code: "layer-unreadable", count: 14, images: 12 },
    { code: "package-database-broken", count: 3, images: 3 },
  ],
  sentence:
    "2,948 of 3,012 images are assessed; 41 could not be, 29 of them because there is no feed for their release.",
};
const feeds = {
  database: {
    hash: digest(7),
    opened: "2026-11-24T06:00:00Z",
    newest: "2026-11-24T12:00:00Z",
    records: 412_803,
    generation: 12,
  },
  sources: [
    {
      name: "Debian security tracker",
      ecosystem: "Debian",
      records: 182_004,
      newest: "2026-11-24T12:00:00Z",
      ageDays: 0,
      stale: false,
    },
    { name: "OSV", ecosystem: "npm", records: 31_204, newest: "2026-11-24T11:00:00Z", ageDays: 0, stale: false },
    {
      name: "Alpine main",
      ecosystem: "Alpine",
      records: 8_120,
      newest: "2026-11-20T11:00:00Z",
      ageDays: 4,
      stale: true,
    },
    { name: "<script>feed</script>", records: 0, stale: false },
  ],
  history: [{ hash: digest(6), opened: "2026-11-23T06:00:00Z", records: 412_011 }],
  state: "stale",
  sentence: "1 of 9 sources is older than 3 days: Alpine main.",
};
const notice = (id, kind, severity, title, detailText, link, more = {}) => ({
  id,
  kind,
  severity,
  title,
  detail: detailText,
  scope: "",
  first: "2026-11-10T08:00:00Z",
  last: "2026-11-24T13:47:00Z",
  count: 1,
  seen: false,
  link,
  ...more,
});
const notices = [
  notice(
    "n1",
    "finding",
    "critical",
    "CVE-2025-48384 is known to be exploited: git can be made to write outside the repository",
    "61 images of 3 teams have it, most of storefront",
    "/fixes/upgrade-git",
    { count: 3 },
  ),
  notice(
    "n2",
    "recommendation",
    "high",
    "Registry edge is reached without TLS",
    "turned unhealthy",
    "/recommendations/registry.tls?state=unhealthy",
  ),
  notice(
    "n3",
    "registry",
    "medium",
    "Registry edge cannot be read: the certificate ended on 20 Nov",
    "no push is seen until it answers",
    "/registries/g2",
  ),
  notice("n4", "feeds", "medium", "Vulnerability data is stale: Alpine main", "4 days old", "/settings/feeds", {
    seen: false,
  }),
  notice("n5", "finding", "low", `<img src=x onerror=alert(1)> \u202e ${LONG}`, "hostile", "//evil.example/x", {
    scope: "shop",
  }),
  notice(
    "n6",
    "recommendation",
    "high",
    "Images should not run as root",
    "turned unhealthy in 4 images",
    "/recommendations/image.root-user?state=unhealthy",
    { seen: true },
  ),
];
const owners = [
  { id: "o1", name: "payments", contact: "#payments" },
  { id: "o2", name: "storefront", contact: "" },
  { id: "o3", name: "<script>alert(1)</script>", contact: "mail\u202emoc" },
];
const scopeRules = [
  { registry: "main", repositoryPrefix: "payments/", scope: "shop", owner: "o1" },
  { repositoryPrefix: "shop/", scope: "shop/checkout", owner: "o2" },
];
const plans = [
  { plan: "registries", on: true },
  { plan: "hosts", on: true, from: "" },
  { plan: "kubernetes", on: false, from: "" },
  { plan: "runtime", on: false, from: "" },
];
const webhooks = [
  {
    id: "w1",
    name: "on-call",
    url: "https://hooks.example.com/services/T0/B0/secret-part",
    scope: "",
    severity: "high",
    format: "slack",
    on: true,
    created: "2026-11-02T09:00:00Z",
  },
  {
    id: "w2",
    name: "<b>archive</b>",
    url: `https://archive.example.com/${"deep/".repeat(60)}`,
    scope: "shop",
    kinds: ["recommendation"],
    on: false,
    format: "json",
  },
];
const deliveries = [
  {
    id: "d3",
    at: "2026-11-24T13:47:00Z",
    notice: "n1",
    state: "waiting",
    attempts: 2,
    status: 503,
    error: "the receiver answered 503",
    next: "2026-11-24T14:10:00Z",
  },
  {
    id: "d2",
    at: "2026-11-24T08:00:00Z",
    notice: "n2",
    state: "failed",
    attempts: 8,
    error: "the address is private: 10.0.0.7",
  },
  { id: "d1", at: "2026-11-23T08:00:00Z", notice: "n3", state: "delivered", attempts: 1, status: 200 },
];
export const effect = {
  assets: { before: states(1_902, 1_021, 48, 41), after: states(1_902, 1_019, 50, 41) },
  findings: { before: tally(84, 902, 2_118, 961), after: tally(84, 880, 2_100, 961) },
  score: { before: 76, after: 76.1, currentBefore: 15.49, currentAfter: 15.51, max: 20 },
  hides: 40,
  changes: [
    {
      assetId: image(1, "payments/ledger").assetId,
      name: "payments/ledger:7.1",
      before: "unhealthy",
      after: "not_applicable",
    },
    { assetId: image(2, "shop/cart").assetId, name: "<b>cart</b>\u202e", before: "unhealthy", after: "not_applicable" },
  ],
  changed: 2,
  not: ["It blocks and lets through no image.", "It deletes no finding."],
  sentence: "2 images no longer count.",
};
const prevalent = [
  {
    id: "CVE-2026-0861",
    title: "glibc: integer overflow in memalign",
    severity: "medium",
    kev: false,
    images: 804,
    fixable: true,
  },
  { id: "CVE-2026-77696", title: "openssl: not yet rated", severity: "unknown", kev: true, images: 464, fixable: true },
  {
    id: "CVE-2025-48384",
    title: "git can be made to write outside the repository",
    severity: "high",
    kev: true,
    images: 61,
    fixable: true,
  },
];

const page = (items) => ({ body: { items, total: items.length } });

/** What the hub answers to a request about posture; nothing where it is asked for something else. */
export function posture(method, path, search) {
  const part = path.slice("/api/v1".length);
  const key = `${method} ${part}`;
  const text = (search.get("text") ?? "").toLowerCase();
  switch (key) {
    case "GET /fixes": {
      const rows = fixes.filter(
        (fix) =>
          fix.title.toLowerCase().includes(text) &&
          (!search.get("deed") || fix.deed === search.get("deed")) &&
          (!search.get("kev") || fix.kev > 0) &&
          (!search.get("owner") || fix.owners.some((o) => (o.owner?.id ?? "none") === search.get("owner"))),
      );
      return page(rows.slice(0, Number(search.get("limit"))));
    }
    case "GET /fixes/summary":
      return { body: summary };
    case "GET /fixes/rebuild-debian":
      return { body: fixDetail };
    case "GET /fixes/rebuild-debian/images": {
      const owner = search.get("owner");
      return page(fixImages.filter((row) => !owner || (row.image.owner?.id ?? "none") === owner));
    }
    case "GET /recommendations": {
      const state = search.get("state") ?? "all";
      const severity = search.get("severity");
      const items = recommendations.filter(
        (row) =>
          row.title.toLowerCase().includes(text) &&
          (state === "all" || row.state === state) &&
          (!severity || severity.split(",").includes(row.severity)),
      );
      return { body: { items, groups, total: items.length } };
    }
    case "GET /recommendations/image.vulnerabilities":
      return { body: detail };
    case "GET /recommendations/image.vulnerabilities/assets": {
      const rows = assets[search.get("state")] ?? [];
      const owner = search.get("owner");
      return page(rows.filter((row) => row.name.includes(text) && (!owner || (row.owner?.id ?? "none") === owner)));
    }
    case "GET /controls":
      return { body: { items: [detail.detail] } };
    case "GET /score":
      return { body: score };
    case "GET /score/history":
      return { body: { items: history } };
    case "GET /exemptions": {
      const active = search.get("active");
      const control = search.get("control");
      return page(
        exemptions.filter(
          (row) =>
            (active === null || (active === "true") === (row.removed === undefined)) &&
            (!control || row.control === control),
        ),
      );
    }
    case "GET /disable-rules":
      return page(search.get("active") === "false" ? [] : rules);
    case "GET /disable-rules/r1/findings":
      return page(ruleFindings);
    case "POST /exemptions/preview":
    case "POST /disable-rules/preview":
    case "POST /scopes//plans/preview":
      return { body: effect };
    case "POST /exemptions":
      return { status: 201, body: exemptions[0] };
    case "POST /disable-rules":
      return { status: 201, body: rules[0] };
    case "DELETE /exemptions/e1":
    case "DELETE /disable-rules/r1":
      return { status: 204 };
    case "GET /coverage":
      return { body: coverage };
    case "GET /feeds":
      return { body: feeds };
    case "GET /notices":
      return page(notices.filter((row) => search.get("unread") !== "true" || !row.seen));
    case "GET /notices/count":
      return { body: { unread: notices.filter((row) => !row.seen).length } };
    case "POST /notices/n1/seen":
    case "POST /notices/seen":
      return { status: 204 };
    case "GET /owners":
      return page(owners);
    case "GET /scope-rules":
      return { body: { rules: scopeRules } };
    case "PUT /scope-rules":
      return { body: { rules: scopeRules } };
    case "GET /scopes//plans":
      return { body: plans };
    case "PUT /scopes//plans":
      return { body: plans };
    case "GET /webhooks":
      return page(webhooks);
    case "GET /webhooks/w1/deliveries":
      return page(deliveries);
    case "PATCH /webhooks/w1":
      return { body: { ...webhooks[0], on: false } };
    case "POST /webhooks/w1/test":
      return { body: deliveries[2] };
    case "POST /audit/3/undo":
      return { body: {} };
    case "GET /vulnerabilities":
      return page(prevalent.filter((row) => search.get("kev") !== "true" || row.kev));
    case "GET /search":
      return {
        body: {
          items: [
            {
              kind: "vulnerability",
              title: "CVE-2025-48384",
              detail: "git, known exploited, in 61 images",
              link: "/cve/CVE-2025-48384",
            },
            { kind: "image", title: "<b>shop/cart</b>\u202e:7.1", link: "/images/i2" },
            { kind: "image", title: "a trap", link: "https://evil.example" },
          ].filter((hit) => hit.title.toLowerCase().includes((search.get("q") ?? "").toLowerCase())),
        },
      };
    default:
      return undefined;
  }
}
