//! First start, login, sessions, tokens, and what they leave in the audit trail.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "support/hub.rs"]
mod support;

use api::{
    Page, ProblemKind, Secret,
    audit::AuditEntry,
    who::{Me, Role, SetupState, Token, TokenRole, User},
};
use hub::auth::setup_link;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::{Hub, PASSWORD, Who};

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_makes_the_first_owner_once() {
    let hub = Hub::start().await;
    let needed: SetupState = hub.get(&Who::Nobody, "/api/v1/setup").await.ok(200);
    assert!(needed.needed);
    let old = setup_link(&hub.state).await.unwrap().unwrap();
    let link = setup_link(&hub.state).await.unwrap().unwrap();
    let url = link.url("https://hub.example:8443");
    assert_eq!(url, format!("https://hub.example:8443/setup#{}", link.secret().expose()));
    assert!(!format!("{link:?}").contains(link.secret().expose()), "a link is not shown by accident");
    let redeem = |secret: &str, password: &str| {
        let body = json!({"link": secret, "name": "root", "password": password});
        let hub = &hub;
        async move {
            hub.clock.advance(10);
            hub.post(&Who::Nobody, "/api/v1/setup", &body).await
        }
    };
    let secret = link.secret().expose();
    assert_eq!(redeem(old.secret().expose(), PASSWORD).await.problem(), (401, ProblemKind::WrongCredentials));
    assert_eq!(redeem("guess", PASSWORD).await.problem(), (401, ProblemKind::WrongCredentials));
    assert_eq!(redeem(secret, "short").await.problem(), (422, ProblemKind::Invalid));
    let answer = redeem(secret, PASSWORD).await;
    let me: Me = answer.ok(201);
    assert_eq!((me.name.as_str(), me.grants[0].role), ("root", TokenRole::Owner));
    let as_root = Who::Session(answer.cookie().unwrap());
    let me: Me = hub.get(&as_root, "/api/v1/me").await.ok(200);
    assert_eq!(me.name, "root");
    assert_eq!(redeem(secret, PASSWORD).await.problem(), (401, ProblemKind::WrongCredentials), "once");
    assert!(setup_link(&hub.state).await.unwrap().is_none(), "there is no other once there is a user");
    let needed: SetupState = hub.get(&Who::Nobody, "/api/v1/setup").await.ok(200);
    assert!(!needed.needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_is_good_for_a_day() {
    let hub = Hub::start().await;
    let link = setup_link(&hub.state).await.unwrap().unwrap();
    hub.clock.advance(24 * 3600);
    let body = json!({"link": link.secret(), "name": "root", "password": PASSWORD});
    let answer = hub.post(&Who::Nobody, "/api/v1/setup", &body).await;
    assert_eq!(answer.problem(), (401, ProblemKind::WrongCredentials));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_which_users_there_are() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let gone = hub.user(&owner, "gone", &[]).await;
    let disabled = json!({"disabled": true});
    let _: User =
        hub.change(&owner, Method::PATCH, &format!("/api/v1/users/{}", gone.id), &disabled).await.ok(200);
    let mut bodies = Vec::new();
    let mut took: Vec<(&str, Duration)> = Vec::new();
    for (name, password) in [
        ("root", "not the password"),
        ("nobody", "not the password"),
        ("gone", PASSWORD),
        ("gone", "not the password"),
        ("ROOT", PASSWORD),
        ("", ""),
        ("' OR 1=1 --", "x"),
        (&"x".repeat(10_000), "x"),
        ("nul\0", PASSWORD),
    ] {
        hub.clock.advance(60);
        let started = Instant::now();
        let answer =
            hub.post(&Who::Nobody, "/api/v1/login", &json!({"name": name, "password": password})).await;
        took.push((if name == "root" { "known" } else { "unknown" }, started.elapsed()));
        assert_eq!(answer.problem(), (401, ProblemKind::WrongCredentials), "{name:?}");
        assert!(answer.cookie().is_none());
        let mut body: Value = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    // A hash takes tens of milliseconds; an answer without one takes less than a tenth of that.
    let known = took.iter().find(|(kind, _)| *kind == "known").unwrap().1;
    for (kind, time) in &took {
        assert!(*time * 4 > known, "{kind} took {time:?}, a wrong password {known:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_limited_by_address() {
    let hub = Hub::start().await;
    hub.owner().await;
    hub.clock.advance(3600);
    let wrong = json!({"name": "root", "password": "not the password"});
    let mut limited = None;
    for attempt in 0..20 {
        let answer = hub.post(&Who::Nobody, "/api/v1/login", &wrong).await;
        if answer.status == 429 {
            assert_eq!(answer.problem().1, ProblemKind::TooManyRequests);
            assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
            limited = Some(attempt);
            break;
        }
    }
    assert_eq!(limited, Some(10));
    hub.login("root").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_idle_and_in_any_case() {
    let hub = Hub::start().await;
    hub.owner().await;
    let idle = hub.login("root").await;
    hub.clock.advance(8 * 3600 - 1);
    assert_eq!(hub.get(&idle, "/api/v1/me").await.status, 200, "one second before its time");
    hub.clock.advance(8 * 3600 - 1);
    assert_eq!(hub.get(&idle, "/api/v1/me").await.status, 200, "it was used in between");
    hub.clock.advance(8 * 3600);
    assert_eq!(hub.get(&idle, "/api/v1/me").await.problem(), (401, ProblemKind::Unauthenticated));
    let busy = hub.login("root").await;
    for _ in 0..7 * 4 - 1 {
        hub.clock.advance(6 * 3600);
        assert_eq!(hub.get(&busy, "/api/v1/me").await.status, 200);
    }
    hub.clock.advance(6 * 3600);
    assert_eq!(hub.get(&busy, "/api/v1/me").await.status, 401, "a week has passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_over_when_its_user_says_so_or_is_stopped() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let jane = hub.user(&owner, "jane", &[("", Role::Viewer)]).await;
    let (one, two) = (hub.login("jane").await, hub.login("jane").await);
    let answer = Hub::send(hub.request(&one, Method::POST, "/api/v1/logout")).await;
    assert_eq!(answer.status, 204);
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(hub.get(&one, "/api/v1/me").await.status, 401, "logged out");
    assert_eq!(hub.get(&two, "/api/v1/me").await.status, 200, "the other session goes on");

    let three = hub.login("jane").await;
    let new = "another horse battery staple";
    let wrong = json!({"current": "wrong wrong wrong", "new": new});
    let right = json!({"current": PASSWORD, "new": new});
    assert_eq!(hub.put(&three, "/api/v1/me/password", &wrong).await.problem().0, 422);
    assert_eq!(hub.put(&three, "/api/v1/me/password", &right).await.status, 204);
    assert_eq!(hub.get(&two, "/api/v1/me").await.status, 401, "sessions under the old password end");
    assert_eq!(hub.get(&three, "/api/v1/me").await.status, 200, "but for the one that changed it");

    let user = format!("/api/v1/users/{}", jane.id);
    assert_eq!(hub.change(&owner, Method::PATCH, &user, &json!({"disabled": true})).await.status, 200);
    assert_eq!(hub.get(&three, "/api/v1/me").await.status, 401, "disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_cookies_and_tokens_open_nothing() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let (_, id) = hub.token(&owner, &[("", TokenRole::Owner)]).await;
    for cookie in [
        "seawall=".to_owned(),
        format!("seawall={}", "A".repeat(43)),
        format!("__Host-seawall={}", "A".repeat(43)),
        format!("seawall={}", "A".repeat(7000)),
        "seawall=' OR '1'='1".to_owned(),
        "seawall=../../etc/passwd".to_owned(),
    ] {
        let answer = hub.get(&Who::Session(cookie.clone()), "/api/v1/me").await;
        assert_eq!(answer.problem(), (401, ProblemKind::Unauthenticated), "{cookie}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"seawall\"");
    }
    for token in [
        "".to_owned(),
        "swt_".to_owned(),
        format!("swt_{id}_{}", "A".repeat(43)),
        format!("swt_{}_{}", "0".repeat(16), "A".repeat(43)),
        format!("swt_{id}_"),
        format!("swt_{id}_{}", "A".repeat(4000)),
        format!("swt_{}_{}", "é".repeat(8), "A".repeat(43)).replace('é', "%"),
    ] {
        let answer = hub.get(&Who::Token(token.clone()), "/api/v1/me").await;
        assert_eq!(answer.problem(), (401, ProblemKind::Unauthenticated), "{token}");
    }
    let basic = hub.client.get(format!("{}/api/v1/me", hub.base)).basic_auth("root", Some(PASSWORD));
    assert_eq!(Hub::send(basic).await.status, 401, "there is no basic authentication");
    // Guessing on meets a limit.
    let mut limited = false;
    for _ in 0..40 {
        let answer = hub.get(&Who::Token(format!("swt_{id}_{}", "B".repeat(43))), "/api/v1/me").await;
        limited |= answer.status == 429;
    }
    assert!(limited);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time_its_revocation_its_maker_and_its_makers_power() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "shop").await;
    let jane = hub.user(&owner, "jane", &[("shop", Role::SecurityAdmin)]).await;
    let as_jane = hub.login("jane").await;
    let scopes = "/api/v1/scopes/shop";
    let rename = json!({"name": "The shop"});
    let make = || hub.token(&as_jane, &[("shop", TokenRole::SecurityAdmin)]);

    let (token, _) = make().await;
    let renamed = hub.change(&token, Method::PATCH, scopes, &rename).await;
    assert_eq!(renamed.status, 200, "a token needs no header against other sites");
    let me: Me = hub.get(&token, "/api/v1/me").await.ok(200);
    assert_eq!(me.name, "test");
    let other = json!({"name": "x", "grants": [{"scope": "shop", "role": "viewer"}]});
    assert_eq!(hub.post(&token, "/api/v1/tokens", &other).await.problem().0, 403, "a token makes no token");

    let grant = json!({"user": jane.id, "scope": "shop", "role": "viewer"});
    assert_eq!(hub.put(&owner, "/api/v1/grants", &grant).await.status, 200);
    assert_eq!(hub.get(&token, scopes).await.status, 200);
    let refused = hub.change(&token, Method::PATCH, scopes, &rename).await;
    assert_eq!(refused.problem().0, 403, "its maker may do no more than look");
    let grant = json!({"user": jane.id, "scope": "shop", "role": "security_admin"});
    assert_eq!(hub.put(&owner, "/api/v1/grants", &grant).await.status, 200);

    let (revoked, id) = make().await;
    assert_eq!(hub.delete(&as_jane, &format!("/api/v1/tokens/{id}")).await.status, 204);
    assert_eq!(hub.get(&revoked, scopes).await.status, 401);

    hub.clock.advance(90 * 86_400);
    assert_eq!(hub.get(&token, scopes).await.status, 401, "expired");

    let as_jane = hub.login("jane").await;
    let (token, _) = hub.token(&as_jane, &[("shop", TokenRole::Viewer)]).await;
    assert_eq!(hub.get(&token, scopes).await.status, 200);
    let owner = hub.login("root").await;
    let user = format!("/api/v1/users/{}", jane.id);
    assert_eq!(hub.change(&owner, Method::PATCH, &user, &json!({"disabled": true})).await.status, 200);
    assert_eq!(hub.get(&token, scopes).await.status, 401, "its maker is disabled");

    let all: Page<Token> = hub.get(&owner, "/api/v1/tokens").await.ok(200);
    assert_eq!(all.items.len(), 3, "an owner of the hub sees them all");
    let text = hub.get(&owner, "/api/v1/tokens").await.text();
    assert!(!text.contains("hash"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typed_client_asks_with_a_token() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    for number in 0..7 {
        hub.scope(&owner, &format!("team-{number}")).await;
    }
    let (Who::Token(token), _) = hub.token(&owner, &[("", TokenRole::Viewer)]).await else { unreachable!() };
    let base = format!("http://{}", hub.address);
    let client = api::Client::new(&base, Some(Secret::new(token)), None).unwrap();
    assert_eq!(client.me().await.unwrap().name, "test");
    let scopes: Vec<api::scope::Scope> = client.all("/api/v1/scopes", &[]).await.unwrap();
    assert!(scopes.iter().filter(|scope| scope.id.starts_with("team-")).count() == 7);
    let error = client.all::<Value>("/api/v1/users", &[]).await.unwrap_err();
    let api::ClientError::Problem(problem) = &error else { panic!("{error}") };
    assert_eq!(problem.kind(), Some(ProblemKind::Forbidden));
    assert!(error.to_string().contains("security reader"), "{error}");
    let error = client.get::<Value>("//evil.example/api", &[]).await.unwrap_err();
    assert!(matches!(error, api::ClientError::Address(_)), "the token goes nowhere else: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_stands_in_the_audit_trail_without_secrets() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "shop").await;
    let jane = hub.user(&owner, "jane", &[("shop", Role::Viewer)]).await;
    let (_, token) = hub.token(&owner, &[("shop", TokenRole::Publish)]).await;
    let mut expected = vec!["setup", "scope.create", "user.create", "grant.set", "token.create"];
    let change = |method: Method, path: String, body: Value, status: u16| {
        let (hub, owner) = (&hub, &owner);
        async move {
            let answer = hub.change(owner, method, &path, &body).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text());
            answer
        }
    };
    let team: api::scope::Owner =
        change(Method::POST, "/api/v1/owners".into(), json!({"name": "Team A"}), 201).await.json();
    let owner_path = format!("/api/v1/owners/{}", team.id);
    change(Method::PUT, owner_path.clone(), json!({"name": "Team B", "contact": "#team-b"}), 200).await;
    let rules = json!({"rules": [{"repositoryPrefix": "shop/", "scope": "shop", "owner": team.id}]});
    change(Method::PUT, "/api/v1/scope-rules".into(), rules.clone(), 200).await;
    change(Method::PUT, "/api/v1/scope-rules".into(), rules, 200).await;
    assert_eq!(hub.delete(&owner, &owner_path).await.problem().0, 409, "a rule assigns to it");
    change(Method::PUT, "/api/v1/scope-rules".into(), json!({"rules": []}), 200).await;
    assert_eq!(hub.delete(&owner, &owner_path).await.status, 204);
    let plans = "/api/v1/scopes/shop/plans".to_owned();
    let off = change(Method::PUT, plans, json!({"plan": "registries", "on": false}), 200).await;
    assert_eq!(off.json::<Value>()[0], json!({"plan": "registries", "on": false, "from": "shop"}));
    change(Method::PATCH, "/api/v1/scopes/shop".into(), json!({"name": "Shop"}), 200).await;
    let user = format!("/api/v1/users/{}", jane.id);
    change(Method::PATCH, user.clone(), json!({"password": "a wholly other phrase"}), 200).await;
    change(Method::PATCH, user, json!({"disabled": true}), 200).await;
    let taken = hub.delete(&owner, &format!("/api/v1/grants?user={}&scope=shop", jane.id)).await;
    assert_eq!(taken.status, 204);
    assert_eq!(hub.delete(&owner, &format!("/api/v1/tokens/{token}")).await.status, 204);
    expected.extend([
        "owner.create",
        "owner.change",
        "scope-rules.set",
        "scope-rules.set",
        "owner.delete",
        "plan.set",
        "scope.change",
        "user.password",
        "user.change",
        "grant.remove",
        "token.revoke",
    ]);
    let page: Page<AuditEntry> = hub.get(&owner, "/api/v1/audit?order=asc&limit=500").await.ok(200);
    let actions: Vec<_> = page.items.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, expected, "one entry a change, none for what changed nothing");
    assert!(page.items.iter().all(|entry| entry.actor == "user/root" && entry.request_id.is_some()));
    let disabled = page.items.iter().find(|entry| entry.action == "user.change").unwrap();
    assert_eq!(disabled.before.as_ref().unwrap()["disabled"], false);
    assert_eq!(disabled.after.as_ref().unwrap()["disabled"], true);
    let text = serde_json::to_string(&page).unwrap();
    for secret in [PASSWORD, "a wholly other phrase", "argon2", "swt_"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let filtered: Page<AuditEntry> =
        hub.get(&owner, "/api/v1/audit?action=setup&actor=user%2Froot").await.ok(200);
    assert_eq!(filtered.items.len(), 1);
    let none: Page<AuditEntry> = hub.get(&owner, "/api/v1/audit?until=2025-01-01T00:00:00Z").await.ok(200);
    assert!(none.items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_is_never_without_an_owner() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let me: Me = hub.get(&owner, "/api/v1/me").await.ok(200);
    let demote = json!({"user": me.id, "scope": "", "role": "viewer"});
    let user = format!("/api/v1/users/{}", me.id);
    for answer in [
        hub.put(&owner, "/api/v1/grants", &demote).await,
        hub.delete(&owner, &format!("/api/v1/grants?user={}&scope=", me.id)).await,
        hub.change(&owner, Method::PATCH, &user, &json!({"disabled": true})).await,
    ] {
        assert_eq!(answer.problem(), (409, ProblemKind::Conflict));
    }
    let second = hub.user(&owner, "second", &[("", Role::Owner)]).await;
    let second_path = format!("/api/v1/users/{}", second.id);
    assert_eq!(hub.change(&owner, Method::PATCH, &second_path, &json!({"disabled": true})).await.status, 200);
    let answer = hub.put(&owner, "/api/v1/grants", &demote).await;
    assert_eq!(answer.status, 409, "a disabled owner does not count");
    assert_eq!(
        hub.change(&owner, Method::PATCH, &second_path, &json!({"disabled": false})).await.status,
        200
    );
    assert_eq!(hub.put(&owner, "/api/v1/grants", &demote).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_removal_takes_with_it_is_said_before_it_is_done() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "shop").await;
    let jane = hub.user(&owner, "jane", &[("shop", Role::Viewer)]).await;
    let as_jane = hub.login("jane").await;
    let (token, _) = hub.token(&as_jane, &[("shop", TokenRole::Viewer)]).await;
    let scope: Value = hub.get(&owner, "/api/v1/scopes/shop/removal").await.ok(200);
    assert_eq!(scope["possible"], false);
    assert_eq!(scope["holds"][0]["what"], "grants on it");
    let answer = hub.delete(&owner, "/api/v1/scopes/shop").await;
    assert_eq!(answer.problem(), (409, ProblemKind::Conflict), "as was said");
    let path = format!("/api/v1/users/{}", jane.id);
    let said: Value = hub.get(&owner, &format!("{path}/removal")).await.ok(200);
    assert_eq!(
        said["sentence"],
        "deleting the user jane also removes: 1 session, 1 API token, 1 role on a scope"
    );
    assert_eq!(hub.delete(&owner, &path).await.status, 204);
    for who in [&as_jane, &token] {
        assert_eq!(hub.get(who, "/api/v1/me").await.problem().0, 401);
    }
    assert_eq!(hub.get(&owner, &path).await.problem().0, 404);
    assert_eq!(hub.delete(&owner, &path).await.problem().0, 404);
    let scope: Value = hub.get(&owner, "/api/v1/scopes/shop/removal").await.ok(200);
    assert_eq!(scope["possible"], true, "{scope}");
    assert_eq!(hub.delete(&owner, "/api/v1/scopes/shop").await.status, 204);
    let trail: Page<AuditEntry> = hub.get(&owner, "/api/v1/audit?action=user.delete").await.ok(200);
    assert_eq!(trail.items[0].before.as_ref().unwrap()["name"], "jane");
    // The last owner stays, and so does the root.
    let me: Me = hub.get(&owner, "/api/v1/me").await.ok(200);
    let path = format!("/api/v1/users/{}", me.id);
    let said: Value = hub.get(&owner, &format!("{path}/removal")).await.ok(200);
    assert_eq!(said["possible"], false, "{said}");
    assert_eq!(hub.delete(&owner, &path).await.problem(), (409, ProblemKind::Conflict));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_ends_sessions_and_takes_nothing_else() {
    const YEARS: i64 = 10 * 365 * 86400;
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    let (token, _) = hub.token(&owner, &[("", TokenRole::SecurityReader)]).await;
    let keep = hub::retention::Keep { audit: Some(30), ..hub::retention::Keep::default() };
    hub.clock.advance(YEARS);
    // It forgets nothing: nobody noted anything in all those years, so they have not been.
    let forgotten = hub::retention::once(&hub.state, keep, hub.clock.now()).await.unwrap();
    assert_eq!(forgotten, hub::retention::Forgotten::default());
    for who in [&owner, &token] {
        assert_eq!(hub.get(who, "/api/v1/me").await.problem().0, 401, "what had an end has ended");
    }
    let later = hub.login("root").await;
    assert_eq!(hub.get(&later, "/api/v1/me").await.status, 200);
    // And back: what began in the future goes on, and a new login works.
    hub.clock.advance(-YEARS);
    assert_eq!(hub.get(&later, "/api/v1/me").await.status, 200);
    let now = hub.login("root").await;
    let trail: Page<AuditEntry> = hub.get(&now, "/api/v1/audit?limit=500").await.ok(200);
    assert_eq!(trail.items.iter().filter(|entry| entry.action == "setup").count(), 1, "all of it is there");
    assert_eq!(hub.get(&now, "/readyz").await.status, 200);
}
