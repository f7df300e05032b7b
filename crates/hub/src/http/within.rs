//! Which scopes an answer is about.

use crate::{auth::Caller, permissions::covers};
use api::who::Role;

/// The scopes that are asked for, as far as the caller may see them: a scope and all below it, or without one all that the
/// caller sees. None: nothing is shown.
pub(super) fn within(caller: &Caller, scope: Option<&str>) -> Vec<String> {
    let seen = caller.scopes(Role::Viewer);
    match scope {
        None => seen,
        Some(scope) if caller.may(Role::Viewer, scope) => vec![scope.to_owned()],
        Some(scope) => seen.into_iter().filter(|own| covers(scope, own)).collect(),
    }
}
