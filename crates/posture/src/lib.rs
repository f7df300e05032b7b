//! Exemptions, disable rules, health, recommendations and secure score, as pure functions of assessments.
//!
//! - [`Controls`] are content: what should hold, with the predicate that judges it, parameters and cases.
//! - [`ImageFacts`] and [`RegistryFacts`] are what predicates look at; whoever stores assets fills them.
//! - [`Judge`] gives an asset's verdicts with disable rules and exemptions applied; [`assess`] keeps since when.
//! - [`ScoreBuilder`] adds assets up to the secure score and to what each recommendation would gain.
//! - [`Effect`] is the same judging done twice, before and after a [`Change`].
//! - [`FixPlan`] joins the findings of many images by what repairs them.
//!
//! Nothing here knows a store, a network or the clock: times come from the caller.

mod assessment;
mod control;
mod disable;
mod effect;
mod exemption;
mod facts;
mod fix;
mod judge;
mod predicate;
mod progress;
mod recommendation;
mod releases;
mod roll_up;
mod scope;
mod score;
mod time;
mod verdict;

pub use assessment::{Assessment, Transition, assess};
pub use control::{
    AssetKind, Case, CaseFacts, Control, ControlIndex, Controls, Group, GroupIndex, LoadError, Parameter,
    ParameterError, ParameterKind, Parameters, Plan, PlanSet, Step, Value, builtin,
};
pub use disable::{
    Category, Criteria, CriteriaError, DisableRule, Disabler, FindingFacts, FixState, Hidden, ImageKey, Match,
};
pub use effect::{Change, Effect, ExemptCount, Fleet, StateChange, Summary, between, effect, summarise};
pub use exemption::{Exemption, ExemptionCategory, ExemptionError, Target};
pub use facts::{
    Address, BaseFacts, Distribution, EndOfLife, FindingCounts, ImageFacts, RegistryFacts, SeverityCounts,
    Use,
};
pub use fix::{
    Action, ActionId, Base, Carrier, CarrierFinding, Deed, FixFleet, FixImage, FixPlan, Part, Remainder,
    TeamShare,
};
pub use judge::{Exempted, ImageAsset, Judge, Judged, RegistryAsset, Settings};
pub use predicate::Predicate;
pub use progress::{Earlier, Now, Outcome, Progress, progress};
pub use recommendation::{Recommendation, recommendations};
pub use releases::{Release, Releases, releases};
pub use roll_up::{RollUp, StateCounts};
pub use scope::{Scope, ScopeError};
pub use score::{
    Combined, ControlCounts, GroupScore, Points, Ratio, Score, ScoreBuilder, combine, score_by_scope,
};
pub use time::{Day, Time};
pub use verdict::{Cause, Verdict};
