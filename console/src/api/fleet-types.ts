// What the hub says of registries, images, packages and vulnerabilities, as the pages of the fleet read it.
import type { components } from "./schema";

/**
 * A type of the document as the hub sends it: what is absent is left out, never null, though the document allows both.
 */
type Given<T> = T extends (infer Item)[]
  ? Given<Item>[]
  : T extends object
    ? { [K in keyof T]: Given<Exclude<T[K], null>> }
    : T;
type Schemas = components["schemas"];

export type StateWord = Schemas["State"];
export type Counted = Schemas["StateCounts"];
export type Tally = Schemas["Tally"];
export type TallyLite = Schemas["TallyLite"];
export type OwnerRef = Schemas["OwnerRef"];
export type Verdict = Schemas["Verdict"];
export type ImageRow = Given<Schemas["ImageRow"]>;
export type ImageDetail = Given<Schemas["ImageDetail"]>;
export type Finding = Given<Schemas["Finding"]>;
export type Rating = Given<Schemas["Rating"]>;
export type Advisory = Given<Schemas["Advisory"]>;
export type EvidenceDoc = Given<Schemas["Evidence"]>;
export type Why = Given<Schemas["Why"]>;
export type Record = Given<Schemas["Record"]>;
export type VulnerabilityRow = Given<Schemas["VulnerabilityRow"]>;
export type Vulnerability = Given<Schemas["Vulnerability"]>;
export type Hit = Given<Schemas["Hit"]>;

export interface Page<T> {
  items: T[];
  next?: string | null;
  /** How many rows there are in all; on the first page only. */
  total?: number | null;
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
