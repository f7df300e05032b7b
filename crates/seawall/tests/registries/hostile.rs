//! Notifications that are forged, replayed, huge, of another schema, or for a registry that nobody knows.

use std::io::{Read as _, Write as _};

use api::{
    registry::{EventsSecret, Receipt},
    who::TokenRole,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    support::{Answer, Hub, Who},
    world::World,
};

const KIND: &str = "application/vnd.docker.distribution.events.v1+json";

fn envelope(id: &str, tag: &str) -> Value {
    json!({"events": [{
        "id": id, "action": "push", "timestamp": "2026-01-01T00:00:00Z",
        "target": {
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "repository": "app", "tag": tag,
            "digest": format!("sha256:{}", "ab".repeat(32)),
        },
        "request": {"useragent": "skopeo"}, "actor": {"name": "ann"},
    }]})
}

/// Sends a body with this header of authorization, as a registry does.
async fn send(
    world: &World,
    path: &str,
    authorization: Option<&str>,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let request = world.hub.client.post(format!("{}{path}", world.hub.base)).header("content-type", KIND);
    let request = match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    };
    Hub::send(request.body(body)).await
}

/// Announces a body of so many bytes and sends none of it; the head of the answer.
async fn announce(world: &World, path: &str, authorization: &str, bytes: u64) -> String {
    let (address, path, authorization) = (world.hub.address, path.to_owned(), authorization.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Type: {KIND}\r\n\
             Content-Length: {bytes}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    })
    .await
    .unwrap()
}

async fn jobs(world: &World) -> u64 {
    let counts: api::job::JobCounts = world.get("/api/v1/jobs/counts").await.ok(200);
    counts.queued
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_knows_the_secret_is_listened_to_and_everybody_else_learns_nothing() {
    let world = World::start().await;
    let made = world.connect("main", json!({"pollMinutes": 0})).await;
    let other = world.connect("other", json!({"pollMinutes": 0})).await;
    let before = jobs(&world).await;
    let path = format!("/api/v1/registries/{}/notifications", made.registry.id);
    let (own, foreign) = (made.events_secret.expose().to_owned(), other.events_secret.expose().to_owned());
    let body = envelope("1", "1").to_string();
    let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("seawall:{password}")));
    let (duty, _) = world.hub.token(&world.owner, &[("", TokenRole::Notify)]).await;
    let (publish, _) = world.hub.token(&world.owner, &[("", TokenRole::Publish)]).await;
    let token = |who: &Who| match who {
        Who::Token(token) => format!("Bearer {token}"),
        _ => unreachable!(),
    };
    let unknown = "/api/v1/registries/4711/notifications";
    let mut answers = Vec::new();
    for (what, path, secret) in [
        ("no secret", path.as_str(), None),
        ("a wrong one", &path, Some("Bearer swn_wrong".to_owned())),
        ("another registry's", &path, Some(format!("Bearer {foreign}"))),
        ("a wrong password", &path, Some(basic("swn_wrong"))),
        ("a token with another duty", &path, Some(token(&publish))),
        ("a registry that nobody knows", unknown, Some(format!("Bearer {own}"))),
        ("a token for one that nobody knows", unknown, Some(token(&duty))),
        ("an id that is none", "/api/v1/registries/main/notifications", Some(format!("Bearer {own}"))),
    ] {
        let answer = send(&world, path, secret.as_deref(), body.clone()).await;
        assert_eq!(answer.problem(), (401, api::ProblemKind::Unauthenticated), "{what}");
        let mut problem: Value = answer.json();
        problem.as_object_mut().unwrap().remove("requestId");
        answers.push(problem);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "what is unknown and what is wrong is answered alike: {answers:#?}");
    // A user's session is none of these ways.
    let cookie = match &world.owner {
        Who::Session(cookie) => cookie.clone(),
        _ => unreachable!(),
    };
    let request = world.hub.client.post(format!("{}{path}", world.hub.base)).header("cookie", cookie);
    assert_eq!(Hub::send(request.header(api::REQUEST_HEADER, "1").body(body.clone())).await.status, 401);
    assert_eq!(jobs(&world).await, before, "nothing of it was kept");

    for (number, secret) in [format!("Bearer {own}"), basic(&own), token(&duty)].iter().enumerate() {
        let body = envelope(&format!("good-{number}"), &number.to_string()).to_string();
        let receipt: Receipt = send(&world, &path, Some(secret), body).await.ok(200);
        assert_eq!(receipt, Receipt { taken: 1, ..Receipt::default() });
    }
    assert_eq!(jobs(&world).await, before + 1, "one digest is looked behind once");
    // A new secret ends the old one.
    let secret: EventsSecret =
        world.post(&format!("/api/v1/registries/{}/secret", made.registry.id), json!({})).await.ok(200);
    let new = format!("Bearer {}", secret.events_secret.expose());
    assert!(secret.notifications.example.expose().contains(&new));
    for (secret, status) in [(format!("Bearer {own}"), 401), (new, 200)] {
        let answer = send(&world, &path, Some(&secret), envelope("after", "1").to_string()).await;
        assert_eq!(answer.status, status);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_twice_is_too_large_or_is_none_changes_nothing() {
    let world = World::start().await;
    let made = world.connect("main", json!({"pollMinutes": 0})).await;
    let path = format!("/api/v1/registries/{}/notifications", made.registry.id);
    let secret = format!("Bearer {}", made.events_secret.expose());
    let taken = |number| Receipt { taken: number, ..Receipt::default() };
    let first: Receipt = send(&world, &path, Some(&secret), envelope("1", "1").to_string()).await.ok(200);
    assert_eq!(first, taken(1));
    let before = jobs(&world).await;
    let again: Receipt = send(&world, &path, Some(&secret), envelope("1", "1").to_string()).await.ok(200);
    assert_eq!(again, Receipt { replayed: 1, ..Receipt::default() });
    let altered: Receipt = send(&world, &path, Some(&secret), envelope("1", "2").to_string()).await.ok(200);
    assert_eq!(altered, Receipt { altered: 1, ..Receipt::default() });
    // Refused by what its head announces: the hub does not wait for a body that it will not take.
    let told = announce(&world, &path, &secret, 1_400_000).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
    let many = format!("{{\"events\":[{}1]}}", "1,".repeat(1_500));
    for (what, body, status) in [
        ("too many", many, 400),
        ("no JSON", "{\"events\":".to_owned(), 400),
        ("another schema", json!({"kind": "PUSH_ARTIFACT", "event_data": {}}).to_string(), 400),
        ("a list", "[]".to_owned(), 400),
        ("nested", "[".repeat(100_000), 400),
        ("nothing", String::new(), 400),
    ] {
        let answer = send(&world, &path, Some(&secret), body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        answer.problem();
    }
    let mut foreign = envelope("2", "1");
    foreign["events"][0]["target"]["repository"] = json!("../../etc/passwd");
    foreign["events"].as_array_mut().unwrap().push(json!({"id": "3", "action": "dance"}));
    let broken: Receipt = send(&world, &path, Some(&secret), foreign.to_string()).await.ok(200);
    assert_eq!(broken, Receipt { refused: 2, ..Receipt::default() }, "what is broken is counted, not obeyed");
    assert_eq!(jobs(&world).await, before);

    // The plain form is held to the same rules.
    let path = format!("/api/v1/registries/{}/events", made.registry.id);
    let event = |id: &str, action: &str| {
        json!({"events": [{
            "id": id, "action": action, "repository": "app", "digest": format!("sha256:{}", "cd".repeat(32)), "tag": "9",
        }]})
    };
    let one: Receipt = send(&world, &path, Some(&secret), event("p1", "push").to_string()).await.ok(200);
    assert_eq!(one, taken(1));
    let twice: Receipt = send(&world, &path, Some(&secret), event("p1", "push").to_string()).await.ok(200);
    assert_eq!(twice, Receipt { replayed: 1, ..Receipt::default() });
    let odd: Receipt = send(&world, &path, Some(&secret), event("p2", "mount").to_string()).await.ok(200);
    assert_eq!(odd, Receipt { refused: 1, ..Receipt::default() });
    assert_eq!(send(&world, &path, Some("Bearer swn_x"), event("p3", "push").to_string()).await.status, 401);
    assert_eq!(jobs(&world).await, before + 1);
    assert!(world.notifications("replayed").await >= 2 && world.notifications("schema").await >= 4);
    world.end().await;
}
