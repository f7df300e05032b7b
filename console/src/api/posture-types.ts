// The shapes of the interface that the pages of posture read, until the generated schema has them all.

import type { Severity } from "../parts/severity";
import type { components } from "./schema";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next?: string | null;
  total?: number;
}

export type StateWord = "healthy" | "unhealthy" | "not_applicable" | "not_assessed";

export interface StateCounts {
  healthy: number;
  unhealthy: number;
  notApplicable: number;
  notAssessed: number;
}

/** Findings by severity. */
export type Tally = Partial<Record<Severity, number>> & { apart?: number; fixable?: number; kev?: number };

export interface OwnerRef {
  id: string;
  name: string;
}

export interface GroupScore {
  id: string;
  title: string;
  max: number;
  /** Absent where nothing is judged. */
  current?: number;
  /** Points that are still to be had. */
  potential: number;
  healthy: number;
  unhealthy: number;
  state?: string;
}

export interface Recommendation {
  control: string;
  title: string;
  severity: string;
  group: string;
  preview: boolean;
  states: StateCounts;
  exempt: number;
  hidden: number;
  /** Points that the score would gain. */
  gain: number;
  /** The score in percent as it would be. */
  score?: number;
  state: "open" | "completed" | "not_applicable" | "not_assessed";
  since?: string;
}

export interface Recommendations {
  items: Recommendation[];
  groups: GroupScore[];
  total?: number;
}

export interface ControlText {
  id: string;
  title: string;
  description: string;
  severity: string;
  group: { id: string; title: string; max: number };
  preview: boolean;
  assets: string[];
  remediation: { text: string; steps: string[] };
  references: { title: string; url: string }[];
  standards?: string[];
  parameters: {
    name: string;
    value: unknown;
    default: unknown;
    min?: unknown;
    max?: unknown;
    unit?: string;
    title: string;
  }[];
}

export interface RecommendationDetail extends Recommendation {
  detail: ControlText;
  trend: { day: string; unhealthy: number }[];
  exemptions: Exemption[];
  rules: number;
}

export type Assessed = Schemas["AssessedAsset"];

export interface Score {
  percent?: number;
  current: number;
  max: number;
  groups: GroupScore[];
  counted: { healthy: number; unhealthy: number };
  notAssessed: number;
  exempt: number;
  formula: string;
  at: string;
}

export interface ScoreDay {
  day: string;
  percent?: number;
  current: number;
  max: number;
}

export interface ScopeScore {
  scope: string;
  name: string;
  percent?: number;
  current: number;
  max: number;
  unhealthy: number;
}

export interface Exemption {
  id: string;
  control: string;
  controlTitle: string;
  scope?: string;
  assetId?: string;
  category: "mitigated" | "waiver";
  reason: string;
  expires?: string;
  created: string;
  createdBy: string;
  removed?: string;
  removedBy?: string;
  effect?: { assets: number; unhealthy: number; findings: number };
}

export type NewExemption = Schemas["NewExemption"];

export interface Effect {
  assets: { before: StateCounts; after: StateCounts };
  findings: { before: Tally; after: Tally };
  score: { before?: number; after?: number; currentBefore: number; currentAfter: number; max: number };
  hides: number;
  changes: { assetId: string; name: string; before: string; after: string }[];
  changed: number;
  not: string[];
  sentence: string;
}

export interface Criteria {
  match: "all" | "any";
  findings?: string[];
  category?: "os" | "language";
  check?: string;
  cvssBelow?: number;
  severities?: string[];
  patchable?: boolean;
  cves?: string[];
  images?: string[];
  osVersions?: string[];
  minimumSeverity?: string;
  fix?: string[];
}

export interface Rule {
  id: string;
  name: string;
  scope: string;
  control?: string;
  criteria: Criteria;
  justification: string;
  expires?: string;
  created: string;
  createdBy: string;
  removed?: string;
  hides: number;
}

export interface NewRule {
  name: string;
  scope: string;
  control?: string;
  criteria: Criteria;
  justification: string;
  expires?: string;
}

export type RuleFinding = Schemas["HiddenFinding"];

export type Coverage = Schemas["Coverage"];

export interface FixPart {
  kind: string;
  name: string;
  from: string[];
  to?: string;
  findings: number;
}

export interface FixOwner {
  owner?: OwnerRef;
  images: number;
  findings: number;
}

export interface Fix {
  id: string;
  title: string;
  deed: string;
  kind?: string;
  name: string;
  target?: string;
  parts: FixPart[];
  clears: Tally;
  vulnerabilities: number;
  kev: number | boolean;
  malware: number | boolean;
  epss?: number;
  images: number;
  owners: FixOwner[];
  remains: { healed: number; images: number; findings: number; unfixed: number };
  measured: boolean;
  progress?: { earlier: number; arrived: number; percent: number; since: string };
  since: string;
}

export interface FixDetail extends Fix {
  steps: string[];
  vulnerabilitiesList: { id: string; severity: string; kev: boolean; images: number }[];
}

export interface FixImage {
  image: ImageRow;
  findings: number;
  done: boolean;
}

export interface ImageRow {
  id: string;
  assetId: string;
  registry?: string;
  repository?: string;
  digest: string;
  tags: string[];
  scope: string;
  owner?: OwnerRef;
  state: string;
  cause?: string;
  findings: Tally;
}

export interface FixSummary {
  actions: number;
  findings: number;
  unfixed: Tally;
}

export type Notice = Schemas["Notice"];

export interface Webhook {
  id: string;
  name: string;
  url: string;
  scope: string;
  severity?: string;
  kinds?: string[];
  format: "json" | "slack";
  paused?: boolean;
  created?: string;
}

export interface NewWebhook {
  name: string;
  url: string;
  scope?: string;
  secret?: string;
  severity?: string;
  kinds?: string[];
  format?: "json" | "slack";
}

export type Delivery = Schemas["Delivery"];

export interface Feeds {
  database?: { hash: string; opened: string; newest?: string; records: number; generation?: string | number };
  sources: { name: string; ecosystem?: string; records: number; newest?: string; ageDays?: number; stale: boolean }[];
  history: { hash: string; opened: string; records: number }[];
  state: "fresh" | "stale" | "none";
  sentence: string;
}

export interface SearchHit {
  kind: string;
  title: string;
  detail?: string;
  link: string;
}

export type Owner = Schemas["Owner"];

export type ScopeRule = Schemas["ScopeRule"];

export interface Plan {
  plan: string;
  on: boolean;
  from?: string;
}

export type Prevalent = Schemas["VulnerabilityRow"];
