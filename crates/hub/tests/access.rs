//! Every endpoint, asked by everybody: the answers are those of the table of permissions.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "support/hub.rs"]
mod support;

use api::who::{Role, TokenRole};
use hub::permissions::{self, Access, ENDPOINTS, Endpoint, On, covers};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{Hub, Who};

#[test]
fn the_table_has_the_endpoints_of_the_document_and_no_others() {
    let document = serde_json::to_value(hub::openapi()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            let row = ENDPOINTS.iter().find(|row| row.method == method && row.path == path);
            let row = row.unwrap_or_else(|| panic!("{method} {path} is served and not in the table"));
            let is_public = operation["security"] == json!([{}]);
            assert_eq!(
                is_public,
                row.access == Access::Public,
                "{method} {path}: what the document says of access"
            );
            let for_users_only = operation["security"] == json!([{"session": []}]);
            assert_eq!(
                for_users_only,
                row.access == Access::User,
                "{method} {path}: who is said to have access"
            );
            described.insert((method, path.clone()));
        }
    }
    for row in ENDPOINTS {
        let key = (row.method.to_owned(), row.path.to_owned());
        assert!(described.contains(&key), "{} {} is in the table and not served", row.method, row.path);
    }
}

/// What somebody was granted: a user's role or a token's, on one scope.
#[derive(Clone, Copy, Debug)]
enum Granted {
    Nothing,
    User(&'static str, Role),
    Token(&'static str, TokenRole),
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    LogIn,
    Refused,
    Passes,
}

/// What the table says.
fn expected(row: &Endpoint, who: &Who, granted: Granted) -> Verdict {
    let is_token = matches!(who, Who::Token(_));
    let passes = |yes: bool| if yes { Verdict::Passes } else { Verdict::Refused };
    match (row.access, who) {
        (Access::Public, _) => Verdict::Passes,
        (_, Who::Nobody) => Verdict::LogIn,
        // The registry of the example is none, which is answered like a wrong secret.
        (Access::Notifier, _) => Verdict::LogIn,
        (Access::Known, _) => Verdict::Passes,
        (Access::User, _) => passes(!is_token),
        (Access::Role { role, duty, on }, _) => {
            let here = |scope: &str| match on {
                On::Hub => covers(scope, ""),
                On::Path(_) => covers(scope, "team"),
                On::Somewhere => true,
            };
            passes(match granted {
                Granted::Nothing => false,
                Granted::User(scope, held) => held >= role && here(scope),
                Granted::Token(scope, held) => {
                    here(scope) && (held.role().is_some_and(|held| held >= role) || duty == Some(held))
                }
            })
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_answers_everybody_as_the_table_says() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    hub.scope(&owner, "team").await;
    let mut people = vec![("nobody".to_owned(), Who::Nobody, Granted::Nothing)];
    hub.user(&owner, "none", &[]).await;
    people.push(("none".to_owned(), hub.login("none").await, Granted::Nothing));
    for scope in ["", "team"] {
        for role in Role::ALL {
            let name = format!("{}-{}", role.as_str(), if scope.is_empty() { "hub" } else { scope });
            hub.user(&owner, &name, &[(scope, role)]).await;
            people.push((name.clone(), hub.login(&name).await, Granted::User(scope, role)));
        }
        for role in TokenRole::ALL {
            let (token, _) = hub.token(&owner, &[(scope, role)]).await;
            people.push((format!("token {role:?} on {scope:?}"), token, Granted::Token(scope, role)));
        }
    }
    let mut asked = 0;
    let mut wrong = Vec::new();
    for (name, who, granted) in &people {
        for row in ENDPOINTS {
            // A session that logs out is gone.
            let once = match who {
                Who::Session(_) if row.path == "/api/v1/logout" => hub.login(name).await,
                other => other.clone(),
            };
            let path = row
                .path
                .replace("{scope}", "team")
                .replace("{id}", "0000000000000000")
                .replace("{image}", "0");
            let method = Method::from_bytes(row.method.as_bytes()).unwrap();
            // No body: whoever passes is told that one is wanted, and nothing changes.
            let status = hub.request(&once, method, &path).send().await.unwrap().status().as_u16();
            let got = match status {
                401 => Verdict::LogIn,
                403 => Verdict::Refused,
                _ => Verdict::Passes,
            };
            let expected = expected(row, who, *granted);
            if got != expected || status >= 500 {
                wrong.push(format!("{} {} as {name}: {status}, expected {expected:?}", row.method, row.path));
            }
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(asked, people.len() * ENDPOINTS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_changes_nothing_without_the_header_of_our_own_pages() {
    let hub = Hub::start().await;
    let Who::Session(cookie) = hub.owner().await else { unreachable!() };
    // What registries send is let in by its own secret and never by a session.
    let by_session = |row: &&Endpoint| row.method != "GET" && row.access != Access::Notifier;
    for row in ENDPOINTS.iter().filter(by_session) {
        let path =
            row.path.replace("{scope}", "team").replace("{id}", "0000000000000000").replace("{image}", "0");
        let method = Method::from_bytes(row.method.as_bytes()).unwrap();
        let url = format!("{}{path}", hub.base);
        let answer = Hub::send(hub.client.request(method, url).header("cookie", &cookie)).await;
        assert_eq!(answer.problem(), (403, api::ProblemKind::CrossSite), "{} {}", row.method, row.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_other_scopes_is_neither_listed_nor_changed() {
    let hub = Hub::start().await;
    let owner = hub.owner().await;
    for scope in ["shop", "shop-two", "bank"] {
        hub.scope(&owner, scope).await;
    }
    let jane = hub.user(&owner, "jane", &[("shop", Role::Owner)]).await;
    let john = hub.user(&owner, "john", &[("bank", Role::Viewer)]).await;
    let as_jane = hub.login("jane").await;
    let scopes: Value = hub.get(&as_jane, "/api/v1/scopes").await.ok(200);
    let ids: Vec<_> = scopes["items"].as_array().unwrap().iter().map(|scope| scope["id"].clone()).collect();
    assert_eq!(ids, ["shop"]);
    let grants: Value = hub.get(&as_jane, "/api/v1/grants").await.ok(200);
    assert_eq!(grants["items"], json!([{"user": jane.id, "scope": "shop", "role": "owner"}]));
    for (what, answer) in [
        ("look", hub.get(&as_jane, "/api/v1/scopes/bank").await),
        ("look at a namesake", hub.get(&as_jane, "/api/v1/scopes/shop-two").await),
        (
            "grant herself more",
            hub.put(&as_jane, "/api/v1/grants", &json!({"user": jane.id, "scope": "", "role": "owner"}))
                .await,
        ),
        (
            "grant elsewhere",
            hub.put(&as_jane, "/api/v1/grants", &json!({"user": jane.id, "scope": "bank", "role": "viewer"}))
                .await,
        ),
        (
            "take away elsewhere",
            hub.delete(&as_jane, &format!("/api/v1/grants?user={}&scope=bank", john.id)).await,
        ),
        (
            "make a scope elsewhere",
            hub.post(&as_jane, "/api/v1/scopes", &json!({"parent": "bank", "slug": "x", "name": "x"})).await,
        ),
        (
            "make a token for elsewhere",
            hub.post(
                &as_jane,
                "/api/v1/tokens",
                &json!({"name": "x", "grants": [{"scope": "bank", "role": "viewer"}]}),
            )
            .await,
        ),
    ] {
        assert_eq!(answer.problem(), (403, api::ProblemKind::Forbidden), "{what}");
    }
    let below =
        hub.post(&as_jane, "/api/v1/scopes", &json!({"parent": "shop", "slug": "x", "name": "x"})).await;
    assert_eq!(below.status, 201, "below her own she may");
    let made: Value = hub.get(&as_jane, "/api/v1/scopes/shop%2Fx").await.ok(200);
    assert_eq!(made["parent"], "shop");
}

#[test]
fn whoever_reads_may_ask_for_the_head() {
    assert!(permissions::find(&Method::HEAD, "/healthz").is_some());
    assert!(permissions::find(&Method::OPTIONS, "/healthz").is_none());
    assert!(permissions::find(&Method::GET, "/nowhere").is_none());
}
