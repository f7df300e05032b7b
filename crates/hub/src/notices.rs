//! What people should know: a recommendation that turned unhealthy, a dangerous finding, a registry that fails. One notice
//! however often it happens, unread on the dashboard until seen, and posted to webhooks.
//!
//! [`turned`], [`failing`] and those about findings ([`changed`], [`rescanned`], [`link`]) are called in the transaction of who causes it, so that there is never one
//! without the other. What is to be posted lies in the store from then on; [`run`] sends it.

mod address;
mod body;
mod found;
mod run;
mod send;

use model::Severity;
use store::{
    Micros, StoreError, Tx,
    notices::{self as stored, NewNotice},
    webhooks,
};

pub(crate) use address::{AddressError, check, resolve};
pub(crate) use body::of_test;
pub use found::{changed, link, placed, rescanned};
pub use run::run;
pub(crate) use run::{Again, attempt};
pub use send::{SIGNATURE, sign, verify};

/// A recommendation turned unhealthy.
pub const TURNED: &str = "recommendation";
/// A dangerous finding is new.
pub const FOUND: &str = "finding";
/// A registry fails.
pub const FAILING: &str = "registry";
/// Advisories are old.
pub const STALE: &str = "feeds";
/// All kinds of notices.
pub const KINDS: [&str; 4] = [TURNED, FOUND, FAILING, STALE];

/// Notes that `assets` assets in `scope` turned unhealthy for a control: one notice for the control and the scope.
/// Controls that nobody knows (of another release) raise none.
///
/// # Errors
/// What the database says.
pub fn turned(
    tx: &mut Tx<'_>,
    control: &str,
    scope: &str,
    assets: u64,
    now: Micros,
) -> Result<(), StoreError> {
    let controls = posture::builtin().map_err(|error| StoreError::Invalid(error.to_string()))?;
    let Some((_, control)) = controls.find(control).filter(|_| assets > 0) else { return Ok(()) };
    let id = control.id.0.as_ref();
    let things = match (control.asset, assets) {
        (posture::AssetKind::Image, 1) => "One image".to_owned(),
        (posture::AssetKind::Image, many) => format!("{many} images"),
        (posture::AssetKind::Registry, 1) => "One registry".to_owned(),
        (posture::AssetKind::Registry, many) => format!("{many} registries"),
    };
    let notice = NewNotice {
        key: &format!("{TURNED}/{id}/{scope}"),
        kind: TURNED,
        scope,
        severity: control.severity,
        title: &format!("Turned unhealthy: {}", control.title),
        detail: &format!("{things} turned unhealthy in {}.", named(scope)),
        link: &format!("/recommendations/{id}"),
        count: assets,
    };
    raise(tx, &notice, now)
}

/// Notes that a registry fails, and why: one notice for the registry.
///
/// # Errors
/// What the database says.
pub fn failing(
    tx: &mut Tx<'_>,
    registry: i64,
    name: &str,
    scope: &str,
    why: &str,
    now: Micros,
) -> Result<(), StoreError> {
    let notice = NewNotice {
        key: &format!("{FAILING}/{registry}"),
        kind: FAILING,
        scope,
        severity: Severity::High,
        title: &format!("Registry {} fails", crate::problem::shown(name)),
        detail: &crate::problem::line(why),
        link: &format!("/registries/{registry}"),
        count: 1,
    };
    raise(tx, &notice, now)
}

/// Notes that the newest advisory is `days` days old: one notice for the hub, at most once a day however often it is asked.
///
/// # Errors
/// What the database says.
pub fn stale(tx: &mut Tx<'_>, days: u64, now: Micros) -> Result<(), StoreError> {
    let notice = NewNotice {
        key: STALE,
        kind: STALE,
        scope: "",
        severity: Severity::Medium,
        title: "Advisories are old",
        detail: &format!("The newest advisory is {days} days old: what was published since is not found."),
        link: "/settings/feeds",
        count: 1,
    };
    let told = stored::last(tx, notice.key)?;
    if told.is_some_and(|at| at.plus(stored::QUIET) > now) {
        return Ok(());
    }
    raise(tx, &notice, now)
}

/// Raises a notice; where it begins anew, it goes to the webhooks that want it.
pub(crate) fn raise(tx: &mut Tx<'_>, new: &NewNotice<'_>, now: Micros) -> Result<(), StoreError> {
    let raised = stored::raise(tx, new, now)?;
    if !raised.anew {
        return Ok(());
    }
    let webhooks = webhooks::reaching(tx, new.scope)?;
    let mut wanting = webhooks.iter().filter(|hook| hook.settings.wants(new.kind, new.severity)).peekable();
    if wanting.peek().is_none() {
        return Ok(());
    }
    // It was written in this transaction; nobody's look at it is asked for.
    let Some(notice) = stored::find(tx, raised.id, "")? else { return Ok(()) };
    for webhook in wanting {
        let body = body::of_notice(&notice, &webhook.settings.format);
        webhooks::deliver(tx, webhook.id, Some(raised.id), &body, now)?;
    }
    Ok(())
}

/// What the secret of a webhook is sealed for.
pub(crate) fn owner(webhook: i64) -> String {
    format!("webhook/{webhook}")
}

/// A scope in a sentence.
fn named(scope: &str) -> String {
    if scope.is_empty() { "the whole hub".to_owned() } else { format!("the scope {scope}") }
}
