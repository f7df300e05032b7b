//! The way back: a change of the audit trail taken back within a day.

use super::{Json, Path, audit::wire, exemptions, owners, rules, scopes as plans};
use crate::{
    AppState, Error,
    auth::{Caller, Trail},
};
use api::{
    Problem, ProblemKind,
    audit::AuditEntry,
    scope::{Plan, ScopeRules},
    who::Role,
};
use axum::extract::State;
use serde::de::DeserializeOwned;
use store::{
    Micros, StoreError, Tx,
    audit::{self, Entry},
    disable_rules, exemptions as excused, scopes,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How long a change can be taken back.
const LONG: i64 = Micros::DAY;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(undo))
}

/// Take a change back
///
/// Within a day, by whoever may make the change: exemptions and disable rules that were made or taken away, plans that were
/// switched, rules of assignment that were set. Not where something else changed the same since. A change is taken back
/// once.
#[utoipa::path(post, path = "/api/v1/audit/{id}/undo", tag = "audit",
    params(("id" = String, Path, description = "The entry of the change")),
    responses((status = 200, description = "The entry of taking it back", body = AuditEntry),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn undo(
    State(state): State<AppState>,
    caller: Caller,
    trail: Trail,
    Path(id): Path<String>,
) -> Result<Json<AuditEntry>, Error> {
    let (topic, entry) = state
        .write(move |tx| {
            let not_found = || Error::not_found("change", &id);
            let Ok(number) = id.parse::<i64>() else { return Ok(Err(not_found())) };
            let Some(entry) = audit::find(tx, number)? else { return Ok(Err(not_found())) };
            let back = match back(tx, &caller, &entry)? {
                Ok(back) => back,
                // What the caller may not see is not there.
                Err(error) if error.kind() == ProblemKind::NotFound => return Ok(Err(not_found())),
                Err(error) => return Ok(Err(error)),
            };
            if audit::undo_of(tx, number)?.is_some() {
                return Ok(Err(conflict("this change was taken back already")));
            }
            if entry.at.plus(LONG) < trail.now {
                return Ok(Err(conflict(
                    "a change can be taken back for a day; make it anew, the other way",
                )));
            }
            let topic = back.topic();
            let (before, after) = back.apply(tx, &caller, trail.now)?;
            let entry = trail.note_undo(tx, &entry, &before, &after)?;
            Ok(Ok((topic, entry)))
        })
        .await?;
    state.assess_soon();
    state.tell(topic, None, "");
    Ok(Json(wire(&entry)))
}

fn conflict(detail: &'static str) -> Error {
    Error::new(ProblemKind::Conflict, detail)
}

const CHANGED: &str = "something else changed it since: look at it and change it by hand";

/// What taking a change back does.
enum Back {
    Exemption(excused::Exemption),
    Rule(disable_rules::Rule),
    Plans { scope: String, now: Vec<Plan>, wanted: Vec<Plan> },
    Assignment { now: ScopeRules, wanted: ScopeRules },
}

fn read<T: DeserializeOwned>(text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?).ok()
}

/// What is to be done, when the caller may and nothing else changed it since.
fn back(tx: &mut Tx<'_>, caller: &Caller, entry: &Entry) -> Result<Result<Back, Error>, StoreError> {
    let hidden = || Error::of(ProblemKind::NotFound);
    let subject = |kind: &str| entry.subject.strip_prefix(kind).unwrap_or_default();
    Ok(match entry.action.as_str() {
        action @ ("exemption.create" | "exemption.delete") => {
            let Some((row, scopes)) = exemptions::find(tx, subject("exemption/"))? else {
                return Ok(Err(hidden()));
            };
            if !scopes.iter().any(|scope| caller.may(Role::Viewer, scope)) {
                return Ok(Err(hidden()));
            }
            for scope in &scopes {
                if let Err(error) = caller.require(Role::SecurityAdmin, scope) {
                    return Ok(Err(error));
                }
            }
            let as_it_was_left = row.removed.is_some() == (action == "exemption.delete");
            if as_it_was_left { Ok(Back::Exemption(row)) } else { Err(conflict(CHANGED)) }
        }
        action @ ("disable-rule.create" | "disable-rule.delete") => {
            let row = rules::find(tx, subject("disable-rule/"))?;
            let Some(row) = row.filter(|row| caller.may(Role::Viewer, &row.made.scope)) else {
                return Ok(Err(hidden()));
            };
            if let Err(error) = caller.require(Role::SecurityAdmin, &row.made.scope) {
                return Ok(Err(error));
            }
            let as_it_was_left = row.removed.is_some() == (action == "disable-rule.delete");
            if as_it_was_left { Ok(Back::Rule(row)) } else { Err(conflict(CHANGED)) }
        }
        "plan.set" => {
            let scope = subject("scope/").to_owned();
            if !caller.may(Role::Viewer, &scope) || scopes::find(tx, &scope)?.is_none() {
                return Ok(Err(hidden()));
            }
            if let Err(error) = caller.require(Role::SecurityAdmin, &scope) {
                return Ok(Err(error));
            }
            let now = plans::plans_of(tx, &scope)?;
            let (wanted, left) = (read(entry.before.as_deref()), read::<Vec<Plan>>(entry.after.as_deref()));
            match wanted.filter(|_| left.as_ref() == Some(&now)) {
                Some(wanted) => Ok(Back::Plans { scope, now, wanted }),
                None => Err(conflict(CHANGED)),
            }
        }
        "scope-rules.set" => {
            if let Err(error) = caller.require(Role::SecurityAdmin, "") {
                return Ok(Err(error));
            }
            let now = owners::rules_now(tx)?;
            let (wanted, left) = (read(entry.before.as_deref()), read::<ScopeRules>(entry.after.as_deref()));
            match wanted.filter(|_| left.as_ref() == Some(&now)) {
                Some(wanted) => Ok(Back::Assignment { now, wanted }),
                None => Err(conflict(CHANGED)),
            }
        }
        // Whoever may not read the trail learns nothing of its entries.
        _ if !caller.may(Role::SecurityReader, "") => Err(hidden()),
        _ => Err(conflict("a change of this kind cannot be taken back")),
    })
}

impl Back {
    const fn topic(&self) -> &'static str {
        match self {
            Self::Exemption(_) => "exemption",
            Self::Rule(_) => "rule",
            Self::Plans { .. } | Self::Assignment { .. } => "scope",
        }
    }

    /// Does it; gives what was there before and what is there since, as JSON.
    fn apply(self, tx: &mut Tx<'_>, caller: &Caller, now: Micros) -> Result<(String, String), StoreError> {
        let json =
            |value: serde_json::Result<String>| value.map_err(|error| StoreError::Invalid(error.to_string()));
        Ok(match self {
            Self::Exemption(row) => {
                let actor = caller.actor();
                let before = exemptions::wire(tx, &row)?;
                let removed = if row.removed.is_none() { Some((now, actor.as_str())) } else { None };
                excused::set_removed(tx, row.id, removed)?;
                let row = excused::Exemption {
                    removed: removed.map(|(at, _)| at),
                    removed_by: removed.map(|(_, by)| by.to_owned()),
                    ..row
                };
                let after = exemptions::wire(tx, &row)?;
                (json(serde_json::to_string(&before))?, json(serde_json::to_string(&after))?)
            }
            Self::Rule(row) => {
                let actor = caller.actor();
                let before = rules::wire(tx, &row)?;
                let removed = if row.removed.is_none() { Some((now, actor.as_str())) } else { None };
                disable_rules::set_removed(tx, row.id, removed)?;
                let row = disable_rules::Rule {
                    removed: removed.map(|(at, _)| at),
                    removed_by: removed.map(|(_, by)| by.to_owned()),
                    ..row
                };
                let after = rules::wire(tx, &row)?;
                (json(serde_json::to_string(&before))?, json(serde_json::to_string(&after))?)
            }
            Self::Plans { scope, now, wanted } => {
                for plan in wanted.iter().filter(|plan| !now.contains(plan)) {
                    // What was said elsewhere is inherited again.
                    if plan.from.as_deref() == Some(scope.as_str()) {
                        scopes::set_plan(tx, &scope, plan.plan.as_str(), plan.on)?;
                    } else {
                        scopes::unset_plan(tx, &scope, plan.plan.as_str())?;
                    }
                }
                let after = plans::plans_of(tx, &scope)?;
                (json(serde_json::to_string(&now))?, json(serde_json::to_string(&after))?)
            }
            Self::Assignment { now, wanted } => {
                let stored: Vec<scopes::Rule> = wanted.rules.iter().map(owners::stored_rule).collect();
                scopes::set_rules(tx, &stored)?;
                (json(serde_json::to_string(&now))?, json(serde_json::to_string(&wanted))?)
            }
        })
    }
}
