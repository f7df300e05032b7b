// What the hub says of registries, images, packages and vulnerabilities, as the pages of the fleet read it.
import type { Severity } from "../parts/severity";

export interface Page<T> {
  items: T[];
  next?: string | null;
  /** How many rows there are in all; on the first page only. */
  total?: number | null;
}

export type StateWord = "healthy" | "unhealthy" | "not_applicable" | "not_assessed";

export type TallyLite = Record<Severity, number>;

export interface Tally extends TallyLite {
  apart: number;
  fixable: number;
  kev: number;
}

export interface Counted {
  healthy: number;
  unhealthy: number;
  notApplicable: number;
  notAssessed: number;
}

export interface OwnerRef {
  id: string;
  name: string;
}

export interface ImageRow {
  id: string;
  assetId: string;
  registry?: string;
  registryId?: string;
  repository?: string;
  repositoryId?: string;
  digest: string;
  configDigest?: string;
  tags: string[];
  scope: string;
  owner?: OwnerRef;
  distro?: string;
  distroVersion?: string;
  os?: string;
  arch?: string;
  state: StateWord;
  cause?: string;
  findings: Tally;
  packages: number;
  size: number;
  created?: string;
  firstSeen: string;
  lastSeen: string;
  gone?: string;
  trigger: string;
  pushed?: string;
  pulled?: string;
  scanned?: string;
}

export interface ImageDetail extends ImageRow {
  layersCount: number;
  base?: { name: string; version?: string; digest?: string; newest?: string };
  problems: { code: string; subject: string; effect: string; count: number; limit?: number; message: string }[];
  configuration: {
    user?: string;
    entrypoint: string[];
    cmd: string[];
    exposedPorts: string[];
    labels: { name: string; value: string }[];
    workingDir?: string;
  };
  evidence?: unknown;
  publish?: { workflow?: string; runUrl?: string; branch?: string; commit?: string };
  elsewhere: { id: string; assetId: string; scope: string }[];
  assessments: {
    control: string;
    title: string;
    severity: string;
    state: StateWord;
    cause?: string;
    since: string;
    findings: number;
  }[];
  hidden: { rules: number; exemptions: number; apart: { reason: string; count: number }[] };
}

export interface Finding {
  vulnerability: string;
  title?: string;
  severity: string;
  score?: number;
  kev: boolean;
  epss?: number;
  package: { subject: string; kind: string; name: string; version: string; sourceName?: string; purl?: string };
  class: string;
  judgement: string;
  fixStatus: string;
  fixedVersion?: string;
  remedy?: string;
  fix?: { id: string; title: string };
  layer?: { position: number; diffId: string; createdBy?: string };
  paths: string[];
  firstSeen: string;
  hiddenBy?: { rule?: string; exemption?: string };
}

export type Verdict = "affected" | "apart" | "not_affected" | "not_assessed";

export interface Rating {
  source: string;
  severity: string;
  score?: number;
  vector?: string;
}

export interface Advisory {
  source: string;
  id: string;
  url?: string;
  statement: string;
  range?: string;
  fixed?: string;
  severity?: string;
  /** It decides the verdict. */
  holds: boolean;
}

export interface EvidenceDoc {
  sentence: string;
  vulnerability: string;
  package: Finding["package"];
  layer?: { position: number; diffId: string; createdBy?: string };
  paths: string[];
  instruction?: string;
  advisories: Advisory[];
  ratings: Rating[];
  reasons: string[];
  verdict: Verdict;
}

export interface Why {
  vulnerability: string;
  affected: boolean;
  sentence: string;
  packages: EvidenceDoc[];
  considered: number;
}

export interface PackageRow {
  subject: string;
  kind: string;
  name: string;
  version: string;
  purl?: string;
  layer?: { position: number; diffId: string; createdBy?: string };
  paths: string[];
  findings: TallyLite;
  coverage: string;
}

export interface Layer {
  position: number;
  diffId: string;
  createdBy?: string;
  size: number;
  packages: number;
  findings: Tally;
  sharedBy: number;
  isBase: boolean;
}

export interface ImageHistory {
  tags: { tag: string; since: string; until?: string }[];
  events: { at: string; what: string; detail?: string }[];
  states: { control: string; state: StateWord; since: string }[];
}

export interface Compare {
  a: ImageRow;
  b: ImageRow;
  packages: { change: "added" | "removed" | "changed"; kind: string; name: string; from?: string; to?: string }[];
  findings: {
    change: "new" | "gone";
    finding: { vulnerability: string; severity: string; package: string; version: string; kev: boolean };
  }[];
  counts: { new: number; gone: number; same: number };
}

export type AssetKind = "registry" | "repository" | "image";

export interface Asset {
  kind: AssetKind;
  id: string;
  assetId: string;
  name: string;
  scope: string;
  owner?: OwnerRef;
  state: StateWord;
  cause?: string;
  findings: Tally;
  parts: Counted;
  firstSeen: string;
  lastSeen: string;
  link: string;
}

export interface InventoryCounts {
  kinds: { kind: AssetKind; total: number; states: Counted }[];
}

export interface Software {
  kind: string;
  name: string;
  versions: number;
  images: number;
  vulnerabilities: number;
}

export interface SoftwareVersion {
  version: string;
  images: number;
  findings: TallyLite;
}

export interface VulnerabilityRow {
  id: string;
  title?: string;
  severity: string;
  kev: boolean;
  epss?: number;
  published?: string;
  images: number;
  packages: number;
  fixable: boolean;
  firstSeen: string;
}

export interface Vulnerability {
  id: string;
  aliases: string[];
  title?: string;
  description?: string;
  severity: string;
  kev: boolean;
  epss?: number;
  published?: string;
  ratings: Rating[];
  advisories: Advisory[];
  references: string[];
  counts: { affected: number; notAffected: number; images: number; owners: number };
  sentence: string;
  owners: { owner?: OwnerRef; images: number }[];
  packages: { kind: string; name: string; versions: string[]; fixed?: string }[];
}

export interface Hit {
  image: ImageRow;
  package: Finding["package"];
  verdict: Verdict;
  reason?: string;
  fixedVersion?: string;
  layer?: { position: number; diffId: string; createdBy?: string };
  firstSeen?: string;
}

export interface Registry {
  id: string;
  name: string;
  address: string;
  scope: string;
  owner?: string;
  include: string[];
  exclude: string[];
  hasCredentials: boolean;
  user?: string;
  hasCa: boolean;
  insecure: boolean;
  concurrency: number;
  pollMinutes: number;
  windowDays: number;
  allowHosts: string[];
  state: "new" | "ok" | "failing" | "paused";
  stateDetail?: string;
  stateSince: string;
  notified?: string;
  polled?: string;
  tellsPulls?: boolean;
  tls?: boolean;
  anonymousWrite?: boolean;
  repositories: number;
  images: number;
  states: Counted;
  findings: Tally;
  queue: number;
}

export interface NewRegistry {
  name: string;
  address: string;
  scope?: string;
  owner?: string;
  include?: string[];
  exclude?: string[];
  user?: string;
  password?: string;
  ca?: string;
  insecure?: boolean;
  concurrency?: number;
  pollMinutes?: number;
  windowDays?: number;
  allowHosts?: string[];
}

export interface MadeRegistry {
  registry: Registry;
  eventsSecret: string;
  notifications: { url: string; headers: { name: string; value: string }[]; example: string };
}

export interface RegistryCheck {
  reached: boolean;
  detail: string;
  api?: string;
  tls?: boolean;
  anonymousWrite?: boolean;
}

export interface Removal {
  repositories: number;
  images: number;
  assessments: number;
  jobs: number;
  sentence: string;
}

export interface Repository {
  id: string;
  registry: string;
  registryName: string;
  name: string;
  images: number;
  tags: number;
  state: StateWord;
  states: Counted;
  findings: Tally;
  lastSeen: string;
}

export interface Tag {
  tag: string;
  digest: string;
  image?: string;
  since: string;
  state?: StateWord;
  findings?: Tally;
}

export interface TagChange {
  tag: string;
  digest: string;
  since: string;
  until?: string;
}

export interface Job {
  id: string;
  kind: string;
  subject: string;
  registry?: string;
  image?: string;
  priority: "running" | "pushed" | "normal" | "weekly";
  state: "queued" | "leased" | "done" | "dead";
  attempts: number;
  maxAttempts: number;
  created: string;
  notBefore?: string;
  finished?: string;
  error?: string;
}

export interface JobCounts {
  queued: number;
  leased: number;
  done: number;
  dead: number;
  oldestQueued?: string;
}
