// Short names for the types of the OpenAPI document, as the hub sends them.
import type { components } from "./schema";

/** What is absent is left out, never null, though the document allows both. */
export type Given<T> = T extends (infer Item)[]
  ? Given<Item>[]
  : T extends object
    ? { [K in keyof T]: Given<Exclude<T[K], null>> }
    : T;

/** A type of the document by its name. */
export type Of<Name extends keyof components["schemas"]> = Given<components["schemas"][Name]>;

/** A type of the document by its name, as the hub is sent it. */
export type Sent<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** One page of a list. */
export interface Page<Row> {
  items: Row[];
  next?: string;
  total?: number;
}

export type StateWord = Of<"State">;
export type Counted = Of<"StateCounts">;
export type Tally = Of<"Tally">;
export type OwnerRef = Of<"OwnerRef">;
export type Owner = Of<"Owner">;
export type ScopeRule = Of<"ScopeRule">;
export type Plan = Of<"Plan">;

export type ImageRow = Of<"ImageRow">;
export type ImageDetail = Of<"ImageDetail">;
export type ImageHistory = Of<"History">;
export type Finding = Of<"Finding">;
export type PackageRow = Of<"PackageRow">;
export type Layer = Of<"Layer">;
export type Comparison = Of<"Compare">;
export type EvidenceDoc = Of<"Evidence">;
export type Advisory = Of<"Advisory">;
export type Record = Of<"Record">;
export type Verdict = Of<"Verdict">;
export type Asset = Of<"Asset">;
export type AssetKind = Of<"AssetKind">;
export type Software = Of<"Software">;
export type SoftwareVersion = Of<"SoftwareVersion">;
export type Vulnerability = Of<"Vulnerability">;
export type VulnerabilityRow = Of<"VulnerabilityRow">;
export type Hit = Of<"Hit">;

export type Registry = Of<"Registry">;
export type NewRegistry = Sent<"NewRegistry">;
export type ChangeRegistry = Sent<"ChangeRegistry">;
export type MadeRegistry = Of<"MadeRegistry">;
export type RegistryCheck = Of<"Check">;
export type Repository = Of<"Repository">;
export type Tag = Of<"Tag">;
export type TagChange = Of<"TagSpan">;
export type Job = Of<"Job">;
export type Feeds = Of<"Feeds">;

export type Recommendation = Of<"Recommendation">;
export type RecommendationDetail = Of<"RecommendationDetail">;
export type GroupScore = Of<"Group">;
export type Assessed = Of<"AssessedAsset">;
export type Effect = Of<"Effect">;
export type Exemption = Of<"Exemption">;
export type NewExemption = Sent<"NewExemption">;
export type Rule = Of<"Rule">;
export type NewRule = Sent<"NewRule">;
export type Criteria = Of<"Criteria">;
export type Coverage = Of<"Coverage">;

export type Fix = Of<"Fix">;
export type FixDetail = Of<"FixDetail">;
export type FixImage = Of<"FixImage">;
export type Notice = Of<"Notice">;
export type Webhook = Of<"Webhook">;
export type NewWebhook = Sent<"NewWebhook">;
export type Delivery = Of<"Delivery">;
