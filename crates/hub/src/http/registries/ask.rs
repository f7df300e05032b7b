//! A look at a registry before it is connected.

use std::time::Duration;

use super::checked;
use crate::{AppState, Error, auth::Caller, http::Json, registries::probe};
use api::{
    Problem,
    registry::{Check, NewRegistry},
    who::Role,
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// A person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(6);

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(check))
}

/// Look whether a registry can be reached
///
/// With the settings and credentials that are given. Nothing is kept, and nothing is written to the registry.
#[utoipa::path(post, path = "/api/v1/registries/check", tag = "registries", request_body = NewRegistry,
    responses((status = 200, description = "What was seen", body = Check),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json")))]
async fn check(caller: Caller, Json(new): Json<NewRegistry>) -> Result<Json<Check>, Error> {
    caller.require(Role::SecurityAdmin, &new.scope)?;
    let wanted = checked::new(&new)?;
    let settings = &wanted.settings;
    let authorities = &settings.authorities;
    let options = oci::Options {
        insecure: settings.insecure,
        ca_texts: if authorities.is_empty() { Vec::new() } else { vec![authorities.clone()] },
        docker_config: None,
        login: wanted.login,
        allow_hosts: settings.allow_hosts.clone(),
        timeouts: oci::Timeouts {
            connect: PATIENCE,
            idle: PATIENCE,
            back_off: Duration::ZERO,
            transfer: PATIENCE * 2,
            ..oci::Timeouts::default()
        },
        retries: 0,
        ..oci::Options::default()
    };
    let seen = probe(&wanted.address, &options).await;
    let (reached, api, detail) = match seen.answer {
        Ok(version) => {
            let how = match (seen.tls, seen.verified) {
                (Some(true), Some(false)) => "over TLS, with a certificate that does not verify",
                (Some(true), _) => "over TLS",
                _ => "in plain HTTP",
            };
            let writes = match seen.anonymous_write {
                Some(true) => "; it lets anybody write",
                _ => "",
            };
            (true, version, format!("{} answers {how}{writes}", wanted.address))
        }
        Err(error) => (false, None, crate::problem::long_line(&error.to_string())),
    };
    Ok(Json(Check { reached, detail, api, tls: seen.tls, anonymous_write: seen.anonymous_write }))
}
