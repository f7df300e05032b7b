// What the hub says of a fleet in the browser suite: a registry, its images, what is in them, with hostile rows among them.
const LONG = "x".repeat(300_000);
const SCRIPT = "<script>document.title='owned'</script>";
const RIGHT_TO_LEFT = "cart\u202egnp.exe";

const none = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
const tally = (more = {}) => ({ ...none, apart: 0, fixable: 0, kev: 0, ...more });
const hex = (n) => n.toString(16).padStart(2, "0").repeat(32);
const digest = (n) => `sha256:${hex(n)}`;
const storefront = { id: "o1", name: "storefront" };
const platform = { id: "o2", name: "platform" };

const image = (id, more = {}) => ({
  id,
  assetId: `registry/harbor/${more.repository ?? "storefront/cart"}@${digest(Number(id))}`,
  registry: "harbor",
  registryId: "1",
  repository: "storefront/cart",
  repositoryId: "11",
  digest: digest(Number(id)),
  configDigest: digest(Number(id) + 100),
  tags: [],
  scope: "shop",
  owner: storefront,
  distro: "debian",
  distroVersion: "12",
  os: "linux",
  arch: "amd64",
  state: "unhealthy",
  findings: tally(),
  packages: 406,
  size: 214_300_000,
  created: "2026-11-18T09:58:00Z",
  firstSeen: "2026-11-18T10:02:00Z",
  lastSeen: "2026-11-24T14:02:00Z",
  trigger: "push",
  pushed: "2026-11-18T10:02:00Z",
  scanned: "2026-11-18T10:02:01Z",
  ...more,
});

const images = [
  image("1", {
    tags: ["2026.11.18", "latest"],
    findings: tally({ critical: 2, high: 4, medium: 3, low: 1, fixable: 9, kev: 1, apart: 2 }),
    pulled: "2026-11-24T09:14:00Z",
  }),
  image("2", {
    tags: ["2026.11.18-arm64"],
    arch: "arm64",
    findings: tally({ critical: 2, high: 4, medium: 3, low: 1, fixable: 9, kev: 1 }),
  }),
  image("3", {
    tags: ["2026.11.11"],
    findings: tally({ critical: 2, high: 9, medium: 13, low: 3, unknown: 1, fixable: 24, kev: 1 }),
    pushed: "2026-11-11T08:10:00Z",
  }),
  image("4", { tags: ["fix-ejs-3.1.10"], state: "healthy", packages: 398, pushed: "2026-11-24T13:56:00Z" }),
  image("5", {
    repository: "lab/perf-test",
    repositoryId: "13",
    tags: ["perf-test"],
    state: "not_assessed",
    cause: "212 rpm packages: no feed for Fedora 41",
    distro: "fedora",
    distroVersion: "41",
    owner: undefined,
    scope: "lab",
    findings: tally({ high: 1, medium: 2 }),
    packages: 240,
    trigger: "poll",
    pushed: undefined,
  }),
  image("6", {
    repository: "legacy/billing",
    repositoryId: "14",
    tags: ["4.2"],
    state: "not_applicable",
    cause: "not pulled since 2 Oct 2026",
    owner: undefined,
    distroVersion: "9",
    packages: 511,
    trigger: "import",
    pushed: undefined,
  }),
  image("7", {
    repository: "storefront/web",
    repositoryId: "12",
    tags: ["1.4.0", "1.4", "1", "stable"],
    owner: platform,
    findings: tally({ medium: 2, low: 4, negligible: 3, fixable: 2 }),
    packages: 1_204,
    trigger: "pull",
  }),
  image("8", {
    repository: SCRIPT,
    repositoryId: "15",
    tags: [RIGHT_TO_LEFT, LONG],
    state: "not_assessed",
    cause: "not scanned yet",
    distro: undefined,
    distroVersion: undefined,
    packages: 0,
    scanned: undefined,
    trigger: "poll",
    findings: tally(),
  }),
  image("9", {
    assetId: `pipeline/checkout@${digest(9)}`,
    registry: undefined,
    registryId: undefined,
    repository: undefined,
    repositoryId: undefined,
    tags: [],
    owner: platform,
    distro: "alpine",
    distroVersion: "3.22",
    state: "healthy",
    packages: 61,
    trigger: "publish",
    pushed: undefined,
  }),
];
const gone = [
  image("10", { tags: [], gone: "2026-11-20T06:00:00Z", findings: tally({ high: 3, fixable: 3 }), trigger: "import" }),
];

const layer = (position, createdBy) => ({ position, diffId: digest(200 + position), createdBy });
const LAYERS = {
  base: layer(0, "debian:12-slim"),
  node: layer(1, "RUN ARCH=amd64 NODE_VERSION=20.18.1 tar -xJf node.tar.xz"),
  apt: layer(2, "RUN apt-get install -y --no-install-recommends git"),
  npm: layer(3, "RUN npm ci --omit=dev"),
  copy: layer(4, "COPY --chown=node . /app"),
};

const finding = (vulnerability, severity, pkg, more = {}) => ({
  vulnerability,
  title: "",
  severity,
  kev: false,
  package: {
    subject: `${pkg.kind}-${pkg.name.slice(0, 40)}`,
    purl: `pkg:${pkg.kind}/${pkg.name.slice(0, 40)}@${pkg.version}`,
    ...pkg,
  },
  class: "vulnerability",
  judgement: "counts",
  fixStatus: more.fixedVersion ? "fixed" : "none-known",
  remedy: "",
  paths: [],
  firstSeen: "2026-11-18T10:02:01Z",
  ...more,
});
const npm = (name, version) => ({ kind: "npm", name, version });
const deb = (name, version, sourceName) => ({ kind: "deb", name, version, sourceName });
const base = { id: "f1", title: "Rebuild on debian:12.12" };
const findings = [
  finding("CVE-2022-29078", "critical", npm("ejs", "3.1.6"), {
    title: "Template injection in ejs",
    score: 9.8,
    fixedVersion: "3.1.7",
    fix: { id: "f2", title: "Upgrade ejs to 3.1.7" },
    remedy: "npm install ejs@3.1.7",
    layer: LAYERS.npm,
    paths: ["app/node_modules/ejs/package.json"],
  }),
  finding("CVE-2021-44906", "critical", npm("minimist", "1.2.5"), {
    title: "Prototype pollution in minimist",
    score: 9.8,
    epss: 0.0123,
    fixedVersion: "1.2.6",
    fix: { id: "f3", title: "Upgrade minimist to 1.2.6" },
    layer: LAYERS.npm,
    paths: ["app/node_modules/mkdirp/node_modules/minimist/package.json"],
  }),
  finding("CVE-2025-48384", "high", deb("git", "1:2.39.5-0+deb12u2", "git"), {
    title: "A cloned repository with submodules can write outside its folder and run code",
    score: 8.0,
    kev: true,
    epss: 0.21,
    fixedVersion: "1:2.39.5-0+deb12u3",
    fix: base,
    layer: LAYERS.apt,
    paths: ["var/lib/dpkg/status"],
  }),
  finding("CVE-2026-77696", "high", deb("libssl3", "3.0.17-1~deb12u3", "openssl"), {
    title: "Out-of-bounds write in the decoder of key shares",
    fixedVersion: "3.0.22-1~deb12u2",
    fix: base,
    layer: LAYERS.base,
    firstSeen: "2026-11-24T06:31:00Z",
  }),
  finding("CVE-2026-45186", "high", deb("libexpat1", "2.5.0-1+deb12u2", "expat"), {
    fixedVersion: "2.5.0-1+deb12u5",
    fix: base,
    layer: LAYERS.base,
  }),
  finding("CVE-2023-42282", "high", npm("ip", "2.0.1"), {
    title: "Private addresses told to be public",
    layer: LAYERS.npm,
  }),
  finding("CVE-2026-77697", "medium", deb("libssl3", "3.0.17-1~deb12u3", "openssl"), {
    fixedVersion: "3.0.22-1~deb12u2",
    fix: base,
    layer: LAYERS.base,
  }),
  finding("CVE-2026-0861", "medium", deb("libc6", "2.36-9+deb12u13", "glibc"), {
    fixedVersion: "2.36-9+deb12u14",
    fix: base,
    layer: LAYERS.base,
  }),
  finding("CVE-2026-0862", "medium", deb("libc6", "2.36-9+deb12u13", "glibc"), {
    title: SCRIPT,
    fixedVersion: "2.36-9+deb12u14",
    fix: base,
    layer: LAYERS.base,
  }),
  finding(
    "CVE-2026-0863",
    "low",
    { kind: "npm", name: LONG, version: RIGHT_TO_LEFT, subject: "npm-long" },
    {
      fixedVersion: LONG,
      layer: LAYERS.copy,
      paths: [LONG],
    },
  ),
];
const apart = [
  finding("CVE-2024-26581", "high", deb("linux-libc-dev", "6.1.76-1", "linux"), {
    judgement: "no kernel here",
    layer: LAYERS.base,
  }),
  finding("CVE-2024-26582", "medium", deb("linux-libc-dev", "6.1.76-1", "linux"), {
    judgement: "no kernel here",
    layer: LAYERS.base,
  }),
];

const detail = (row) => ({
  ...row,
  layersCount: row.scanned ? 5 : 0,
  base: { name: "node", version: "20-bookworm-slim" },
  problems: row.scanned
    ? [
        {
          code: "binary-unowned",
          subject: "usr/local/bin/node",
          effect: "may-hide-packages",
          count: 1,
          message: "node 20.18.1, no package owns it; no feed for its version",
        },
        {
          code: "symlink-cycle",
          subject: SCRIPT,
          effect: "none",
          count: 1,
          message: "a link that leads to itself was not followed",
        },
      ]
    : [],
  configuration: {
    user: "node",
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["node", "server.js"],
    exposedPorts: ["8080/tcp"],
    labels: [
      { name: "org.opencontainers.image.source", value: "https://git.example/storefront/cart" },
      { name: SCRIPT, value: RIGHT_TO_LEFT },
    ],
    workingDir: "/app",
  },
  evidence: { event: "push", actor: "ci", at: "2026-11-18T10:02:00Z" },
  publish:
    row.trigger === "publish"
      ? { workflow: "release", runUrl: "https://ci.example/runs/71", branch: "main", commit: "9f31c07be2a4" }
      : undefined,
  elsewhere: row.id === "1" ? [{ id: "7", assetId: `registry/harbor/storefront/web@${digest(1)}`, scope: "shop" }] : [],
  assessments: row.scanned
    ? [
        {
          control: "vulnerabilities",
          title: "Container images should have vulnerability findings resolved",
          severity: "high",
          state: row.state,
          cause: "10 findings count, 1 of them known to be exploited",
          since: "2026-11-18T10:02:01Z",
          findings: 10,
        },
        {
          control: "runs-as-root",
          title: "Images should not run as root",
          severity: "medium",
          state: "healthy",
          cause: "",
          since: "2026-11-18T10:02:01Z",
          findings: 0,
        },
        {
          control: "malware",
          title: "Images should have no malware",
          severity: "high",
          state: "not_assessed",
          cause: "no malware feed is loaded",
          since: "2026-11-18T10:02:01Z",
          findings: 0,
        },
      ]
    : [],
  hidden: { rules: 1, exemptions: 0, apart: [{ reason: "no kernel here", count: 2 }] },
});

const evidence = (vulnerability, subject) => {
  const of =
    [...findings, ...apart].find((f) => f.vulnerability === vulnerability && f.package.subject === subject) ??
    findings[0];
  return {
    sentence: `${of.package.name.slice(0, 60)} ${of.package.version.slice(0, 60)} is older than the version that fixes ${vulnerability}.`,
    vulnerability,
    package: of.package,
    layer: of.layer,
    paths: of.paths.length > 0 ? of.paths : ["var/lib/dpkg/status"],
    instruction: of.layer?.createdBy,
    advisories: [
      {
        source: "ghsa",
        id: "GHSA-phwq-j96m-2c2q",
        url: "https://github.com/advisories/GHSA-phwq-j96m-2c2q",
        statement: "3.1.6 lies in the affected range",
        range: ">= 0, < 3.1.7",
        fixed: "3.1.7",
        severity: "critical",
        holds: true,
      },
      {
        source: "debian",
        id: "DEBIAN-CVE-2022-29078",
        url: "javascript:alert(1)",
        statement: "speaks of another package",
        holds: false,
      },
    ],
    ratings: [
      { source: "nvd", severity: "critical", score: 9.8, vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
      { source: "ghsa", severity: "critical" },
    ],
    reasons: [],
    verdict: of.judgement === "counts" ? "affected" : "apart",
  };
};

const registry = (id, more = {}) => ({
  id,
  name: "harbor",
  address: "harbor.corp.example",
  scope: "",
  owner: "o2",
  include: ["storefront/*", "lab/*", "legacy/*"],
  exclude: ["*/cache"],
  hasCredentials: true,
  user: "robot$seawall",
  hasCa: true,
  insecure: false,
  concurrency: 4,
  pollMinutes: 15,
  windowDays: 30,
  allowHosts: [],
  state: "ok",
  stateSince: "2026-11-02T09:14:00Z",
  notified: "2026-11-24T13:56:00Z",
  polled: "2026-11-24T13:58:00Z",
  tellsPulls: true,
  tls: true,
  anonymousWrite: false,
  repositories: 5,
  images: 8,
  states: { healthy: 1, unhealthy: 4, notApplicable: 1, notAssessed: 2 },
  findings: tally({ critical: 6, high: 18, medium: 23, low: 9, unknown: 1, fixable: 44, kev: 3 }),
  queue: 1,
  ...more,
});
const registries = [
  registry("1"),
  registry("2", {
    name: "lab",
    address: "registry.lab.example:5000",
    scope: "lab",
    owner: undefined,
    hasCredentials: false,
    user: undefined,
    insecure: true,
    state: "failing",
    stateDetail: "connection refused since 11:26; 3 attempts, next in 5 min",
    notified: undefined,
    tellsPulls: false,
    anonymousWrite: true,
    images: 0,
    repositories: 0,
    states: { healthy: 0, unhealthy: 0, notApplicable: 0, notAssessed: 0 },
    findings: tally(),
    queue: 2,
  }),
  registry("3", {
    name: SCRIPT,
    address: LONG,
    state: "new",
    polled: undefined,
    notified: undefined,
    tellsPulls: undefined,
    images: 0,
    repositories: 0,
    states: { healthy: 0, unhealthy: 0, notApplicable: 0, notAssessed: 0 },
    findings: tally(),
    queue: 0,
    include: [],
    exclude: [],
  }),
];
const repository = (id, name, more = {}) => ({
  id,
  registry: "1",
  registryName: "harbor",
  name,
  images: 1,
  tags: 1,
  state: "unhealthy",
  states: { healthy: 0, unhealthy: 1, notApplicable: 0, notAssessed: 0 },
  findings: tally({ medium: 2, low: 4 }),
  lastSeen: "2026-11-24T13:58:00Z",
  ...more,
});
const repositories = [
  repository("11", "storefront/cart", {
    images: 4,
    tags: 5,
    states: { healthy: 1, unhealthy: 3, notApplicable: 0, notAssessed: 0 },
    findings: tally({ critical: 6, high: 17, medium: 19, low: 5, unknown: 1 }),
  }),
  repository("12", "storefront/web"),
  repository("13", "lab/perf-test", {
    state: "not_assessed",
    states: { healthy: 0, unhealthy: 0, notApplicable: 0, notAssessed: 1 },
    findings: tally({ high: 1, medium: 2 }),
  }),
  repository("14", "legacy/billing", {
    state: "not_applicable",
    states: { healthy: 0, unhealthy: 0, notApplicable: 1, notAssessed: 0 },
    findings: tally(),
  }),
  repository("15", SCRIPT, {
    state: "not_assessed",
    states: { healthy: 0, unhealthy: 0, notApplicable: 0, notAssessed: 1 },
    findings: tally(),
  }),
];

const job = (id, more = {}) => ({
  id,
  kind: "scan",
  subject: `harbor/storefront/cart@${digest(Number(id))}`,
  registry: "1",
  image: "1",
  priority: "pushed",
  state: "done",
  attempts: 1,
  maxAttempts: 5,
  created: "2026-11-24T13:56:00Z",
  finished: "2026-11-24T13:56:06Z",
  ...more,
});
const jobs = [
  job("41", { state: "queued", attempts: 0, finished: undefined, image: "8" }),
  job("40", {
    state: "leased",
    finished: undefined,
    kind: "resolve",
    subject: "harbor/storefront/cart:2026.11.24",
    image: undefined,
  }),
  job("39", {
    state: "dead",
    attempts: 5,
    error: "the registry answered 500 for a blob: sha256:77e1…; 5 attempts in 41 min",
    priority: "normal",
  }),
  job("38", {
    state: "dead",
    attempts: 5,
    kind: "poll",
    subject: SCRIPT,
    image: undefined,
    error: LONG,
    registry: "2",
  }),
  job("37"),
];

const assets = [
  ...registries.slice(0, 2).map((r) => ({
    kind: "registry",
    id: r.id,
    assetId: `registry/${r.name}`,
    name: r.name,
    scope: r.scope,
    owner: r.id === "1" ? platform : undefined,
    state: r.id === "1" ? "unhealthy" : "not_assessed",
    cause: r.id === "1" ? undefined : "the registry cannot be read",
    findings: r.findings,
    parts:
      r.id === "1"
        ? { healthy: 0, unhealthy: 2, notApplicable: 1, notAssessed: 2 }
        : { healthy: 0, unhealthy: 0, notApplicable: 0, notAssessed: 0 },
    firstSeen: "2026-11-02T09:14:00Z",
    lastSeen: "2026-11-24T13:58:00Z",
    link: `/registries/${r.id}`,
  })),
  ...repositories.map((r) => ({
    kind: "repository",
    id: r.id,
    assetId: `registry/harbor/${r.name}`,
    name: r.name,
    scope: "shop",
    owner: storefront,
    state: r.state,
    findings: r.findings,
    parts: r.states,
    firstSeen: "2026-11-02T09:14:00Z",
    lastSeen: r.lastSeen,
    link: `/registries/1/${r.id}`,
  })),
  ...images.map((i) => ({
    kind: "image",
    id: i.id,
    assetId: i.assetId,
    name: i.repository ? `${i.repository}:${i.tags[0]?.slice(0, 40) ?? i.digest}` : i.assetId,
    scope: i.scope,
    owner: i.owner,
    state: i.state,
    cause: i.cause,
    findings: i.findings,
    parts: {
      healthy: 6,
      unhealthy: i.state === "unhealthy" ? 1 : 0,
      notApplicable: 1,
      notAssessed: i.state === "not_assessed" ? 1 : 0,
    },
    firstSeen: i.firstSeen,
    lastSeen: i.lastSeen,
    link: `/images/${i.id}`,
  })),
];

const vulnerabilities = [
  {
    id: "CVE-2025-48384",
    title: "git: a cloned repository with submodules can write outside its folder and run code",
    severity: "high",
    kev: true,
    epss: 0.21,
    published: "2025-07-08T00:00:00Z",
    images: 3,
    packages: 1,
    fixable: true,
    firstSeen: "2026-11-11T08:10:00Z",
  },
  {
    id: "CVE-2022-29078",
    title: "Template injection in ejs",
    severity: "critical",
    kev: false,
    epss: 0.93,
    published: "2022-04-25T00:00:00Z",
    images: 3,
    packages: 1,
    fixable: true,
    firstSeen: "2026-11-11T08:10:00Z",
  },
  {
    id: "CVE-2023-42282",
    title: SCRIPT,
    severity: "high",
    kev: false,
    images: 3,
    packages: 1,
    fixable: false,
    firstSeen: "2026-11-11T08:10:00Z",
  },
  {
    id: "CVE-2026-0863",
    title: LONG,
    severity: "unknown",
    kev: false,
    images: 1,
    packages: 1,
    fixable: false,
    firstSeen: "2026-11-24T06:31:00Z",
  },
];
const vulnerability = {
  id: "CVE-2025-48384",
  aliases: ["DEBIAN-CVE-2025-48384", "ALSA-2025:11462"],
  title: "A link-following flaw: a cloned repository with submodules can write outside its folder and run code",
  severity: "high",
  kev: true,
  epss: 0.21,
  published: "2025-07-08T00:00:00Z",
  ratings: [
    { source: "cna:github", severity: "high", score: 8.0, vector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:H/A:H" },
    { source: "debian", severity: "unknown" },
    { source: "almalinux", severity: "medium" },
  ],
  advisories: [
    {
      source: "Debian 12",
      id: "DEBIAN-CVE-2025-48384",
      url: "https://security-tracker.debian.org/tracker/CVE-2025-48384",
      statement: "affected below the fixed version",
      withdrawn: false,
    },
    {
      source: "AlmaLinux 9",
      id: "ALSA-2025:11462",
      statement: "affected below the fixed version",
      withdrawn: false,
    },
    {
      source: "Alpine 3.22",
      id: "ALPINE-CVE-2025-48384",
      url: "javascript:alert(1)",
      statement: "fixed before the release",
      withdrawn: false,
    },
  ],
  references: [
    { kind: "ADVISORY", url: "https://github.com/git/git/security/advisories/GHSA-vwqx-4fm8-6qc9" },
    { kind: "WEB", url: "javascript:alert(1)" },
    { kind: "WEB", url: `https://evil.example/${SCRIPT}` },
  ],
  counts: { affected: 3, apart: 0, notAffected: 2, notAssessed: 0, images: 3, owners: 1 },
  sentence: "git 1:2.39.5-0+deb12u2 is installed in 3 images; 2 more hold git in a version that is not affected.",
  owners: [{ owner: storefront, images: 3 }],
  packages: [{ kind: "deb", name: "git", versions: ["1:2.39.5-0+deb12u2"], fixed: "1:2.39.5-0+deb12u3" }],
};
const hits = {
  affected: images.slice(0, 3).map((one) => ({
    image: one,
    package: findings[2].package,
    verdict: "affected",
    fixedVersion: "1:2.39.5-0+deb12u3",
    layer: LAYERS.apt,
    firstSeen: one.firstSeen,
  })),
  not_affected: [
    {
      image: images[3],
      package: { ...findings[2].package, version: "1:2.39.5-0+deb12u3" },
      verdict: "not_affected",
      reason: "fixed version installed",
    },
    {
      image: images[6],
      package: { ...findings[2].package, kind: "binary", version: "unknown" },
      verdict: "apart",
      reason: `a file named git that is not git ${SCRIPT}`,
    },
  ],
};

const software = [
  { kind: "deb", name: "openssl", versions: 2, images: 4, vulnerabilities: 6 },
  { kind: "npm", name: "ejs", versions: 2, images: 3, vulnerabilities: 1 },
  { kind: "npm", name: SCRIPT, versions: 1, images: 1, vulnerabilities: 0 },
  { kind: "pypi", name: LONG, versions: 1, images: 1, vulnerabilities: 0 },
];

const page = (items, more = {}) => ({ body: { items, total: items.length, ...more } });
const has = (text, ...of) => !text || of.some((one) => one?.toLowerCase().includes(text.toLowerCase()));
const among = (words, value) => !words || words.split(",").includes(value);
const order = (rows, sort) =>
  sort === "name"
    ? [...rows].sort((a, b) => (a.name ?? a.repository ?? "").localeCompare(b.name ?? b.repository ?? ""))
    : rows;

const SECRET = {
  eventsSecret: "swe_2d0c7b9a4f",
  notifications: {
    url: "https://seawall.corp.example/api/v1/registries/4/notifications",
    headers: [{ name: "Authorization", value: "Bearer swe_2d0c7b9a4f" }],
    example:
      "notifications:\n  endpoints:\n    - name: seawall\n      url: https://seawall.corp.example/api/v1/registries/4/notifications\n      headers:\n        Authorization: [Bearer swe_2d0c7b9a4f]\n      timeout: 5s\n      threshold: 3\n      backoff: 10s\n",
  },
};

/** The answers about the fleet; nothing for what is not about it. */
export function fleet(method, path, search) {
  const of = (key) => search.get(key) ?? undefined;
  const [, , , kind, id, what] = path.split("/").map(decodeURIComponent);
  if (method === "POST" || method === "PATCH" || method === "DELETE") {
    if (path === "/api/v1/registries")
      return { status: 201, body: { registry: registry("4", { name: "new" }), ...SECRET } };
    if (path === "/api/v1/registries/check")
      return {
        body: {
          reached: true,
          detail: "It lists 61 repositories.",
          api: "registry/2.0",
          tls: true,
          anonymousWrite: false,
        },
      };
    if (kind === "registries" && what === "secret") return { body: SECRET };
    if (kind === "registries" && method === "DELETE") return { status: 204 };
    if (kind === "registries" && method === "PATCH") return { body: registry(id) };
    if (kind === "registries") return { status: 202, body: job("42", { state: "queued" }) };
    if (kind === "images" && what === "scan") return { status: 202, body: job("43", { state: "queued" }) };
    if (kind === "jobs") return { body: job(id, { state: "queued", attempts: 0 }) };
    return undefined;
  }
  if (kind === "owners" && !id) return page([storefront, platform]);
  if (kind === "images" && !id) {
    const severities = of("severity");
    const rows = (of("gone") === "true" ? gone : images).filter(
      (i) =>
        has(of("text"), i.repository, i.digest, ...i.tags) &&
        among(of("state"), i.state) &&
        (!of("owner") || (i.owner?.id ?? "none") === of("owner")) &&
        (!of("registry") || i.registryId === of("registry")) &&
        (!of("repository") || i.repository === of("repository")) &&
        (!of("cve") || ["1", "2", "3"].includes(i.id)) &&
        (!severities || severities.split(",").some((s) => i.findings[s] > 0)),
    );
    return page(order(rows, of("sort")));
  }
  if (kind === "images") {
    const row = [...images, ...gone].find((i) => i.id === id);
    if (!row) return undefined;
    if (!what) return { body: detail(row) };
    if (what === "findings") {
      const all =
        row.findings.medium === 3
          ? of("judgement") === "apart"
            ? apart
            : of("judgement") === "all"
              ? [...findings, ...apart]
              : findings
          : [];
      return page(
        all.filter(
          (f) =>
            among(of("severity"), f.severity) &&
            has(of("text"), f.vulnerability, f.package.name) &&
            (!of("package") || f.package.name === of("package")) &&
            (!of("kev") || String(f.kev) === of("kev")) &&
            (!of("fixable") || String(f.fixedVersion !== undefined) === of("fixable")),
        ),
      );
    }
    if (what === "evidence") return { body: evidence(of("vulnerability"), of("subject")) };
    if (what === "why") {
      const asked = findings.filter((f) => f.vulnerability === of("vulnerability"));
      return {
        body: {
          vulnerability: of("vulnerability"),
          affected: asked.length > 0,
          sentence:
            asked.length > 0
              ? `Yes: ${asked[0].package.name} ${asked[0].package.version} is affected.`
              : "No: no package of this image has a name that it speaks of.",
          packages: asked.map((f) => evidence(f.vulnerability, f.package.subject)),
          considered: row.packages,
        },
      };
    }
    if (what === "packages") {
      const rows = [
        ...findings.map((f) => ({
          ...f.package,
          layer: f.layer,
          paths: f.paths,
          findings: { ...none, [f.severity]: 1 },
          coverage: "covered",
        })),
        {
          subject: "deb-base-files",
          kind: "deb",
          name: "base-files",
          version: "12.4+deb12u12",
          purl: "",
          layer: LAYERS.base,
          paths: [],
          findings: none,
          coverage: "covered",
        },
        {
          subject: "binary-node",
          kind: "binary",
          name: "node",
          version: "20.18.1",
          purl: "",
          layer: LAYERS.node,
          paths: ["usr/local/bin/node"],
          findings: none,
          coverage: "no-feed",
        },
      ].filter((p, index, all) => all.findIndex((q) => q.subject === p.subject) === index);
      return page(rows.filter((p) => has(of("text"), p.name) && (!of("kind") || p.kind === of("kind"))));
    }
    if (what === "layers") {
      const rows = Object.values(LAYERS).map((l, position) => {
        const counts = tally();
        if (row.scanned && row.findings.medium === 3)
          for (const f of findings) if (f.layer?.position === position) counts[f.severity] += 1;
        return {
          ...l,
          size: [74_800_000, 118_000_000, 38_000_000, 21_000_000, 1_900_000][position],
          packages: [88, 1, 14, 318, 0][position],
          findings: counts,
          sharedBy: position === 0 ? 1_204 : 1,
          isBase: position < 2,
        };
      });
      return { body: { items: row.scanned ? rows : [] } };
    }
    if (what === "history")
      return {
        body: {
          tags: [
            { tag: "2026.11.18", since: "2026-11-18T10:02:00Z" },
            { tag: RIGHT_TO_LEFT, since: "2026-11-18T10:02:00Z", until: "2026-11-19T10:02:00Z" },
          ],
          events: [
            { at: "2026-11-18T09:58:00Z", what: "built" },
            { at: "2026-11-18T10:02:00Z", what: "pushed", detail: "by ci" },
            { at: "2026-11-18T10:02:01Z", what: "scanned", detail: "in 1.1 s" },
            { at: "2026-11-24T09:14:00Z", what: "pulled", detail: SCRIPT },
          ],
          states: [
            { control: "vulnerabilities", state: "unhealthy", since: "2026-11-18T10:02:01Z" },
            { control: "malware", state: "not_assessed", since: "2026-11-18T10:02:01Z" },
            { control: "runs-as-root", state: "healthy", since: "2026-11-18T10:02:01Z" },
          ],
        },
      };
    if (what === "compare")
      return {
        body: {
          a: row,
          b: images.find((i) => i.id === of("with")) ?? row,
          packages: [
            { change: "changed", kind: "npm", name: "ejs", from: "3.1.6", to: "3.1.10" },
            { change: "removed", kind: "deb", name: "git", from: "1:2.39.5-0+deb12u2" },
            { change: "added", kind: "npm", name: SCRIPT, to: RIGHT_TO_LEFT },
          ],
          findings: [
            {
              change: "gone",
              finding: {
                vulnerability: "CVE-2022-29078",
                severity: "critical",
                package: "ejs",
                version: "3.1.6",
                kev: false,
              },
            },
            {
              change: "gone",
              finding: {
                vulnerability: "CVE-2025-48384",
                severity: "high",
                package: "git",
                version: "1:2.39.5-0+deb12u2",
                kev: true,
              },
            },
            {
              change: "new",
              finding: { vulnerability: "CVE-2026-0863", severity: "unknown", package: LONG, version: "1", kev: false },
            },
          ],
          counts: { new: 1, gone: 2, same: 7 },
        },
      };
    return undefined;
  }
  if (path === "/api/v1/inventory")
    return page(
      assets.filter(
        (a) =>
          (!of("kind") || a.kind === of("kind")) &&
          among(of("state"), a.state) &&
          has(of("text"), a.name) &&
          (!of("owner") || (a.owner?.id ?? "none") === of("owner")),
      ),
    );
  if (path === "/api/v1/inventory/counts") {
    const rows = assets.filter(
      (a) => has(of("text"), a.name) && (!of("owner") || (a.owner?.id ?? "none") === of("owner")),
    );
    return {
      body: {
        kinds: ["registry", "repository", "image"].map((one) => {
          const mine = rows.filter((a) => a.kind === one);
          const n = (state) => mine.filter((a) => a.state === state).length;
          return {
            kind: one,
            total: mine.length,
            states: {
              healthy: n("healthy"),
              unhealthy: n("unhealthy"),
              notApplicable: n("not_applicable"),
              notAssessed: n("not_assessed"),
            },
          };
        }),
      },
    };
  }
  if (path === "/api/v1/software")
    return page(software.filter((s) => has(of("text"), s.name) && (!of("kind") || s.kind === of("kind"))));
  if (path === "/api/v1/software/versions")
    return {
      body: {
        items:
          of("name") === "nothing"
            ? []
            : [
                { version: "3.0.17-1~deb12u3", images: 3, findings: { ...none, high: 3, medium: 3 } },
                { version: "3.0.22-1~deb12u2", images: 1, findings: none },
              ],
      },
    };
  if (kind === "vulnerabilities" && !id)
    return page(vulnerabilities.filter((v) => has(of("text"), v.id, v.title) && among(of("severity"), v.severity)));
  if (kind === "vulnerabilities" && id === "CVE-2025-48384")
    return what === "hits" ? page(hits[of("verdict") ?? "affected"]) : { body: vulnerability };
  if (kind === "vulnerabilities" && id === "CVE-2024-3094")
    return what === "hits"
      ? page([])
      : {
          body: {
            ...vulnerability,
            id,
            aliases: [],
            kev: false,
            epss: undefined,
            title: "xz-utils: malicious code in the release",
            severity: "critical",
            ratings: [],
            advisories: [],
            references: [],
            counts: { affected: 0, apart: 0, notAffected: 0, notAssessed: 0, images: 0, owners: 0 },
            sentence: "No image holds xz-utils in any version.",
            owners: [],
            packages: [],
          },
        };
  if (kind === "registries" && !id)
    return page(registries.filter((r) => has(of("text"), r.name, r.address) && among(of("state"), r.state)));
  if (kind === "registries") {
    const row = registries.find((r) => r.id === id);
    if (!row) return undefined;
    if (!what) return { body: row };
    if (what === "removal")
      return {
        body: {
          repositories: 5,
          images: 8,
          assessments: 56,
          jobs: 1,
          sentence: "5 repositories with 8 images and their history are forgotten.",
        },
      };
    if (what === "repositories")
      return page(order(id === "1" ? repositories.filter((r) => has(of("text"), r.name)) : [], of("sort")));
    return undefined;
  }
  if (kind === "repositories") {
    const row = repositories.find((r) => r.id === id);
    if (!row) return undefined;
    if (!what) return { body: row };
    if (what === "tags")
      return page(
        images
          .filter((i) => i.repositoryId === id)
          .flatMap((i) =>
            i.tags.map((tag) => ({
              tag,
              digest: i.digest,
              image: i.id,
              since: i.firstSeen,
              state: i.state,
              findings: i.findings,
            })),
          ),
      );
    if (what === "history")
      return page([
        { tag: "latest", digest: digest(1), since: "2026-11-18T10:02:00Z" },
        { tag: "latest", digest: digest(3), since: "2026-11-11T08:10:00Z", until: "2026-11-18T10:02:00Z" },
      ]);
    return undefined;
  }
  if (path === "/api/v1/jobs/counts")
    return { body: { queued: 1, leased: 1, done: 1, dead: 2, oldestQueued: "2026-11-24T13:56:00Z" } };
  if (path === "/api/v1/jobs")
    return page(
      jobs.filter(
        (j) =>
          (!of("state") || j.state === of("state")) &&
          (!of("kind") || j.kind === of("kind")) &&
          (!of("registry") || j.registry === of("registry")),
      ),
    );
  return undefined;
}
