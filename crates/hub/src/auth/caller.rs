//! Who asks, and what they may do.

use crate::{Error, permissions::covers};
use api::{
    ProblemKind,
    who::{PrincipalKind, Role, TokenRole},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use store::Micros;

/// Who asks. A handler takes it as an argument: the gate has put it into the request, after it has compared it with the
/// table. What the table leaves to the handler ([`On::Somewhere`](crate::permissions::On::Somewhere)) it asks
/// [`require`](Caller::require) or [`scopes`](Caller::scopes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// A user or a token.
    pub kind: PrincipalKind,
    /// The user's or token's id.
    pub id: String,
    /// The user's or token's name.
    pub name: String,
    /// The user: the one logged in, or the one who made the token.
    pub user: String,
    /// When the session or token ends.
    pub expires: Option<Micros>,
    /// Of a session: the hash under which it is kept.
    pub(crate) session: Option<String>,
    grants: Vec<(String, TokenRole)>,
    /// Of a token: what its maker may do now. It never does more.
    ceiling: Option<Vec<(String, Role)>>,
}

impl Caller {
    /// A user with a session.
    pub(crate) fn user(
        id: String,
        name: String,
        grants: Vec<(String, Role)>,
        session: String,
        expires: Micros,
    ) -> Self {
        let grants = grants.into_iter().map(|(scope, role)| (scope, of(role))).collect();
        Self {
            kind: PrincipalKind::User,
            user: id.clone(),
            id,
            name,
            expires: Some(expires),
            session: Some(session),
            grants,
            ceiling: None,
        }
    }

    /// A token, whose maker is `user` and may do `ceiling`.
    pub(crate) fn token(
        id: String,
        name: String,
        grants: Vec<(String, TokenRole)>,
        user: String,
        ceiling: Vec<(String, Role)>,
        expires: Option<Micros>,
    ) -> Self {
        Self {
            kind: PrincipalKind::Token,
            id,
            name,
            user,
            expires,
            session: None,
            grants,
            ceiling: Some(ceiling),
        }
    }

    /// What was granted, by scope.
    #[must_use]
    pub fn grants(&self) -> &[(String, TokenRole)] {
        &self.grants
    }

    /// The highest role on `scope`: granted there or above; of a token, no more than its maker's.
    #[must_use]
    pub fn role_on(&self, scope: &str) -> Option<Role> {
        let granted = highest(
            self.grants.iter().filter_map(|(on, role)| role.role().map(|role| (on.as_str(), role))),
            scope,
        )?;
        match &self.ceiling {
            None => Some(granted),
            Some(ceiling) => highest(ceiling.iter().map(|(on, role)| (on.as_str(), *role)), scope)
                .map(|most| most.min(granted)),
        }
    }

    /// Whether the caller holds at least `role` on `scope`.
    #[must_use]
    pub fn may(&self, role: Role, scope: &str) -> bool {
        self.role_on(scope).is_some_and(|held| held >= role)
    }

    /// Whether the caller is a token with a machine's `duty` on `scope`, whose maker may still give it.
    #[must_use]
    pub fn has_duty(&self, duty: TokenRole, scope: &str) -> bool {
        self.grants.iter().any(|(on, role)| *role == duty && covers(on, scope))
            && self.ceiling.as_ref().is_some_and(|ceiling| {
                highest(ceiling.iter().map(|(on, role)| (on.as_str(), *role)), scope)
                    .is_some_and(|role| role >= needed_to_give(duty))
            })
    }

    /// Refuses if the caller does not hold `role` on `scope`.
    ///
    /// # Errors
    /// It does not: *forbidden*, and the answer says what is needed and where.
    pub fn require(&self, role: Role, scope: &str) -> Result<(), Error> {
        if self.may(role, scope) { Ok(()) } else { Err(missing(role, scope)) }
    }

    /// The scopes on which the caller holds at least `role`, none of them below another; what lies in or below them is
    /// what a list shows. `[""]` is everything.
    #[must_use]
    pub fn scopes(&self, role: Role) -> Vec<String> {
        // A role can only begin to hold where something is granted: on a grant's scope or on one of the ceiling's.
        let ceiling = self.ceiling.iter().flatten().map(|(scope, _)| scope);
        let mut scopes: Vec<&String> = self
            .grants
            .iter()
            .map(|(scope, _)| scope)
            .chain(ceiling)
            .filter(|scope| self.may(role, scope))
            .collect();
        scopes.sort();
        scopes.dedup();
        let topmost = |scope: &&&String| !scopes.iter().any(|above| above != *scope && covers(above, scope));
        scopes.iter().filter(topmost).map(|scope| (*scope).clone()).collect()
    }

    /// How the audit trail and the log write the caller: `user/jane`, `token/pipeline`.
    #[must_use]
    pub fn actor(&self) -> String {
        match self.kind {
            PrincipalKind::User => format!("user/{}", self.name),
            PrincipalKind::Token => format!("token/{}", self.name),
        }
    }
}

/// The role that must be held to give a token `role`.
pub(crate) fn needed_to_give(role: TokenRole) -> Role {
    match role {
        TokenRole::Viewer | TokenRole::Metrics => Role::Viewer,
        TokenRole::SecurityReader => Role::SecurityReader,
        // Both put assets and events into a scope.
        TokenRole::SecurityAdmin | TokenRole::Publish | TokenRole::Notify => Role::SecurityAdmin,
        TokenRole::Owner => Role::Owner,
    }
}

/// *Forbidden*, with what is needed and where.
pub(crate) fn missing(role: Role, scope: &str) -> Error {
    let role = role.as_str().replace('_', " ");
    let scope = match scope {
        "" => "the whole hub".to_owned(),
        scope => format!("the scope '{}'", crate::problem::shown(scope)),
    };
    Error::new(ProblemKind::Forbidden, format!("it needs the role {role} on {scope}: ask an owner for it"))
}

fn of(role: Role) -> TokenRole {
    match role {
        Role::Viewer => TokenRole::Viewer,
        Role::SecurityReader => TokenRole::SecurityReader,
        Role::SecurityAdmin => TokenRole::SecurityAdmin,
        Role::Owner => TokenRole::Owner,
    }
}

fn highest<'a>(grants: impl Iterator<Item = (&'a str, Role)>, scope: &str) -> Option<Role> {
    grants.filter(|(on, _)| covers(on, scope)).map(|(_, role)| role).max()
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Error::of(ProblemKind::Unauthenticated))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(grants: &[(&str, Role)]) -> Caller {
        let grants = grants.iter().map(|(scope, role)| ((*scope).to_owned(), *role)).collect();
        Caller::user("1".into(), "jane".into(), grants, "hash".into(), Micros(0))
    }

    fn token(grants: &[(&str, TokenRole)], ceiling: &[(&str, Role)]) -> Caller {
        let grants = grants.iter().map(|(scope, role)| ((*scope).to_owned(), *role)).collect();
        let ceiling = ceiling.iter().map(|(scope, role)| ((*scope).to_owned(), *role)).collect();
        Caller::token("t".into(), "pipeline".into(), grants, "1".into(), ceiling, None)
    }

    #[test]
    fn a_role_is_inherited_downwards_and_the_highest_counts() {
        let jane = user(&[("shop", Role::Viewer), ("shop/checkout", Role::Owner)]);
        assert_eq!(jane.role_on(""), None);
        assert_eq!(jane.role_on("shop"), Some(Role::Viewer));
        assert_eq!(jane.role_on("shop/search"), Some(Role::Viewer));
        assert_eq!(jane.role_on("shop/checkout/api"), Some(Role::Owner));
        assert_eq!(jane.scopes(Role::Viewer), ["shop"]);
        assert_eq!(jane.scopes(Role::SecurityAdmin), ["shop/checkout"]);
        assert!(
            jane.scopes(Role::Viewer) != [""] && user(&[("", Role::Viewer)]).scopes(Role::Viewer) == [""]
        );
    }

    #[test]
    fn a_token_does_no_more_than_its_maker_may_now() {
        let ci = token(&[("", TokenRole::Owner)], &[("shop", Role::SecurityReader)]);
        assert_eq!(ci.role_on(""), None);
        assert_eq!(ci.role_on("shop"), Some(Role::SecurityReader));
        assert_eq!(ci.scopes(Role::Viewer), ["shop"]);
        let orphan = token(&[("", TokenRole::Owner)], &[]);
        assert_eq!(orphan.role_on("shop"), None);
        assert!(orphan.scopes(Role::Viewer).is_empty());
    }

    #[test]
    fn a_duty_is_no_role_and_a_role_no_duty() {
        let ci = token(&[("shop", TokenRole::Publish)], &[("", Role::Owner)]);
        assert_eq!(ci.role_on("shop"), None);
        assert!(ci.has_duty(TokenRole::Publish, "shop/checkout"));
        assert!(!ci.has_duty(TokenRole::Publish, ""));
        assert!(!ci.has_duty(TokenRole::Notify, "shop"));
        assert!(!user(&[("", Role::Owner)]).has_duty(TokenRole::Publish, "shop"));
        let demoted = token(&[("shop", TokenRole::Publish)], &[("", Role::Viewer)]);
        assert!(!demoted.has_duty(TokenRole::Publish, "shop"));
    }
}
