//! Notices and webhooks: one notice however many rows, unread until seen; deliveries to receivers of every kind.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of a test: what is not there fails it"
)]

#[path = "images/made.rs"]
#[allow(dead_code, reason = "the suite of images uses the rest")]
mod made;
#[path = "support/hub.rs"]
mod support;

use api::{
    Page, ProblemKind,
    notice::{Notice, NoticeCount},
    tally::Severity,
    webhook::{Delivery, DeliveryState, MadeWebhook, Webhook},
    who::Role,
};
use hub::{Settings, notices};
use made::{database, document, publisher};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{Micros, webhooks};
use support::{Hub, START, Who};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::watch,
};

const HIT: &[made::Package<'_>] = &[("deb", "openssl", "3.0.1", 0), ("npm", "lodash", "4.17.20", 1)];

async fn all(hub: &Hub, who: &Who, query: &str) -> Vec<Notice> {
    let page: Page<Notice> = hub.get(who, &format!("/api/v1/notices{query}")).await.ok(200);
    page.items
}

async fn unread(hub: &Hub, who: &Who) -> u64 {
    hub.get(who, "/api/v1/notices/count").await.ok::<NoticeCount>(200).unread
}

/// A hub with two scopes, whose database knows nothing yet and that gives receivers little time.
async fn plain() -> (Hub, Who) {
    let settings = Settings { webhook_timeout: Duration::from_millis(700), ..Settings::default() };
    let limits = hub::listen::Limits::default();
    let hub = Hub::with(settings, limits, |_| hub::listen::Security::Plain { said: 0 }).await;
    let owner = hub.owner().await;
    hub.scope(&owner, "shop").await;
    hub.scope(&owner, "bank").await;
    (hub, owner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_advisory_is_one_notice_a_scope_however_many_images_it_hits() {
    let (hub, owner) = plain().await;
    for number in 1..=3 {
        let scope = if number == 3 { "bank" } else { "shop" };
        let ci = publisher(&hub, &owner, scope).await;
        let sent = document(number, &format!("{scope}/{number}"), HIT);
        let _: Value = hub.post(&ci, "/api/v1/catalogues", &sent).await.ok(201);
    }
    assert_eq!(unread(&hub, &owner).await, 0, "nothing is known to be wrong");
    hub.state.matcher.change(Arc::new(database()), hub.clock.now()).await.unwrap();
    let found = all(&hub, &owner, "").await;
    let said: Vec<_> =
        found.iter().map(|it| (it.scope.as_str(), it.title.as_str(), it.count, it.link.as_str())).collect();
    let title = "CVE-2026-1 was found: known to be exploited";
    assert_eq!(
        said,
        [("shop", title, 2, "/cve/CVE-2026-1"), ("bank", title, 1, "/cve/CVE-2026-1")],
        "the high one is neither exploited nor critical"
    );
    assert_eq!((found[0].kind.as_str(), found[0].severity), (notices::FOUND, Severity::Critical));
    assert_eq!(found[0].detail, "a flaw in openssl. New in 2 images in the scope shop.");

    // Everybody has seen what they have seen, of what they may see.
    hub.user(&owner, "john", &[("bank", Role::Viewer)]).await;
    let john = hub.login("john").await;
    assert_eq!((unread(&hub, &owner).await, unread(&hub, &john).await), (2, 1));
    let bank = &found[1];
    let seen: Notice =
        hub.post(&john, &format!("/api/v1/notices/{}/seen", bank.id), &json!({})).await.ok(200);
    assert!(seen.seen);
    let other = hub.post(&john, &format!("/api/v1/notices/{}/seen", found[0].id), &json!({})).await;
    assert_eq!(other.problem(), (404, ProblemKind::NotFound));
    assert_eq!((unread(&hub, &owner).await, unread(&hub, &john).await), (2, 0));
    assert_eq!(all(&hub, &owner, "?scope=shop&unread=true").await.len(), 1);
    let left: NoticeCount = hub.post(&owner, "/api/v1/notices/seen", &json!({})).await.ok(200);
    assert_eq!(left.unread, 0);
    assert!(all(&hub, &owner, "?unread=true").await.is_empty());
    let trail: Value = hub.get(&owner, "/api/v1/audit?action=notice.see").await.ok(200);
    assert_eq!(trail["items"].as_array().unwrap().len(), 2);

    // The same in one more image is the same notice, and seen: it never was quiet.
    let ci = publisher(&hub, &owner, "shop").await;
    let _: Value = hub.post(&ci, "/api/v1/catalogues", &document(4, "shop/4", HIT)).await.ok(201);
    let again = all(&hub, &owner, "?scope=shop").await;
    assert_eq!((again.len(), again[0].count, again[0].seen), (1, 3, true));
    // Sent again it is no news.
    let _: Value = hub.post(&ci, "/api/v1/catalogues", &document(4, "shop/4", HIT)).await.ok(201);
    assert_eq!(all(&hub, &owner, "?scope=shop").await[0].count, 3);
    // After a day of quiet it begins anew.
    hub.clock.advance(86_400);
    let owner = hub.login("root").await;
    let ci = publisher(&hub, &owner, "shop").await;
    let _: Value = hub.post(&ci, "/api/v1/catalogues", &document(5, "shop/5", HIT)).await.ok(201);
    assert_eq!(unread(&hub, &owner).await, 1);
    let csv = hub.get(&owner, "/api/v1/notices?format=csv").await;
    assert_eq!(csv.text().lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_turns_unhealthy_or_fails_is_one_notice_and_what_a_rule_hides_is_none() {
    let (hub, owner) = plain().await;
    let now = hub.clock.now();
    hub.state
        .store
        .write(move |tx| {
            for _ in 0..100 {
                notices::turned(tx, "image.root-user", "shop", 3, now)?;
            }
            notices::turned(tx, "image.of-another-release", "shop", 3, now)?;
            notices::failing(tx, 7, "main", "", "no route to host\u{1b}[2J", now)?;
            notices::stale(tx, 12, now)?;
            notices::stale(tx, 12, now)?;
            let rule = store::disable_rules::NewRule {
                name: "accepted".to_owned(),
                scope: "shop".to_owned(),
                control: None,
                criteria: r#"{"cves":["CVE-2026-1"]}"#.to_owned(),
                justification: "behind a wall".to_owned(),
                expires: None,
                created: now,
                created_by: "user/root".to_owned(),
            };
            store::disable_rules::create(tx, &rule).map(drop)
        })
        .await
        .unwrap();
    hub.state.matcher.change(Arc::new(database()), now).await.unwrap();
    let ci = publisher(&hub, &owner, "shop").await;
    let _: Value = hub.post(&ci, "/api/v1/catalogues", &document(1, "shop/1", HIT)).await.ok(201);
    let found = all(&hub, &owner, "").await;
    let said: Vec<_> = found.iter().map(|it| (it.kind.as_str(), it.count, it.link.as_str())).collect();
    assert_eq!(
        said,
        [
            ("feeds", 1, "/settings/feeds"),
            ("registry", 1, "/registries/7"),
            ("recommendation", 300, "/recommendations/image.root-user"),
        ]
    );
    assert_eq!(found[1].detail, "no route to host[2J");
    assert_eq!(found[2].detail, "3 images turned unhealthy in the scope shop.");
}

/// What came to a receiver: path, headers in lower case, body.
type Came = Arc<Mutex<Vec<(String, String, Vec<u8>)>>>;

/// A receiver that answers by the path that it is asked for.
async fn receiver() -> (SocketAddr, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let came = Came::default();
    let kept = Arc::clone(&came);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                let (head, length) = loop {
                    let mut some = [0; 4096];
                    let read = stream.read(&mut some).await.unwrap_or(0);
                    if read == 0 {
                        return;
                    }
                    bytes.extend_from_slice(&some[..read]);
                    let text = String::from_utf8_lossy(&bytes).to_lowercase();
                    let Some(end) = text.find("\r\n\r\n") else { continue };
                    let length = text
                        .split("content-length: ")
                        .nth(1)
                        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                    if bytes.len() >= end + 4 + length {
                        break (text[..end].to_owned(), length);
                    }
                };
                let body = bytes[bytes.len() - length..].to_vec();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                kept.lock().unwrap().push((path.clone(), head, body));
                let answer: &[u8] = match path.as_str() {
                    "/500" => b"HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\nhunter2!!",
                    "/redirect" => b"HTTP/1.1 302 Go\r\nlocation: /inner\r\ncontent-length: 0\r\n\r\n",
                    "/nonsense" => b"\0\x01\x02 this is no HTTP\r\n\r\n",
                    "/closes" => b"",
                    "/hangs" => {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                        b""
                    }
                    "/endless" => {
                        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                        let _ = stream.write_all(head).await;
                        let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
                        while stream.write_all(&chunk).await.is_ok() {}
                        return;
                    }
                    _ => b"HTTP/1.1 204 Well\r\n\r\n",
                };
                let _ = stream.write_all(answer).await;
            });
        }
    });
    (address, came)
}

async fn make(hub: &Hub, owner: &Who, name: &str, url: &str) -> MadeWebhook {
    let body = json!({"name": name, "url": url, "allowPrivate": true});
    hub.post(owner, "/api/v1/webhooks", &body).await.ok(201)
}

async fn test(hub: &Hub, who: &Who, webhook: &Webhook) -> Delivery {
    hub.post(who, &format!("/api/v1/webhooks/{}/test", webhook.id), &json!({})).await.ok(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_signed_and_a_hostile_receiver_costs_one_attempt() {
    let (hub, owner) = plain().await;
    let (address, came) = receiver().await;
    let made = make(&hub, &owner, "good", &format!("http://{address}/good")).await;
    let sent = test(&hub, &owner, &made.webhook).await;
    assert_eq!((sent.state, sent.status, sent.attempts), (DeliveryState::Delivered, Some(204), 1));
    let (_, head, body) = came.lock().unwrap().pop().unwrap();
    let header = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().to_owned()
    };
    let signature = header(notices::SIGNATURE);
    let now = START / 1_000_000;
    let secret = made.secret.expose();
    assert!(secret.starts_with("whs_"));
    assert!(notices::verify(secret, &signature, &body, now, 300), "{signature}");
    assert!(!notices::verify("another", &signature, &body, now, 300));
    assert!(!notices::verify(secret, &signature, b"{}", now, 300), "another body");
    assert!(!notices::verify(secret, &signature, &body, now + 301, 300), "sent again later by somebody else");
    assert_eq!(header("x-seawall-delivery"), sent.id);
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["type"], "test");

    for (path, status, says) in [
        ("500", Some(500), "it answered 500"),
        ("redirect", Some(302), "redirects are not followed"),
        ("nonsense", None, ""),
        ("closes", None, ""),
        ("hangs", None, "it did not answer in time"),
    ] {
        let made = make(&hub, &owner, path, &format!("http://{address}/{path}")).await;
        let sent = test(&hub, &owner, &made.webhook).await;
        assert_eq!((sent.state, sent.status), (DeliveryState::Failed, status), "{path}: {sent:?}");
        let error = sent.error.unwrap();
        assert!(error.contains(says) && !error.contains("hunter2"), "{path}: {error}");
        assert!(!error.contains(&address.port().to_string()), "an address may hold a key: {error}");
    }
    let endless = make(&hub, &owner, "endless", &format!("http://{address}/endless")).await;
    let sent = test(&hub, &owner, &endless.webhook).await;
    assert_eq!(sent.state, DeliveryState::Delivered, "what it says beyond its status is not waited for");
    assert!(!came.lock().unwrap().iter().any(|(path, ..)| path == "/inner"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_posted_and_tried_again_until_it_arrives() {
    let (hub, owner) = plain().await;
    let (address, came) = receiver().await;
    let make = async |name: &str, more: Value| -> MadeWebhook {
        let mut body = json!({"name": name, "url": format!("http://{address}/{name}"), "allowPrivate": true});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        hub.post(&owner, "/api/v1/webhooks", &body).await.ok(201)
    };
    let good = make("good", json!({"format": "slack"})).await;
    let bad = make("500", json!({})).await;
    make("elsewhere", json!({"scope": "bank"})).await;
    make("worse", json!({"severity": "critical"})).await;
    make("others", json!({"kinds": ["feeds"]})).await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(notices::run(hub.state.clone(), stopped));
    let now = hub.clock.now();
    let turn = move |tx: &mut store::Tx<'_>| {
        for _ in 0..10 {
            notices::turned(tx, "image.root-user", "shop", 1, now)?;
        }
        Ok(())
    };
    hub.state.store.write(turn).await.unwrap();
    let deliveries = async |webhook: &Webhook| -> Vec<Delivery> {
        let path = format!("/api/v1/webhooks/{}/deliveries", webhook.id);
        hub.get(&owner, &path).await.ok::<Page<Delivery>>(200).items
    };
    let until = async |webhook: &Webhook, is: &dyn Fn(&Delivery) -> bool| -> Delivery {
        for _ in 0..200 {
            if let Some(found) = deliveries(webhook).await.into_iter().find(|it| is(it)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", deliveries(webhook).await);
    };
    let done = until(&good.webhook, &|it| it.state == DeliveryState::Delivered).await;
    assert!(done.notice.is_some() && deliveries(&good.webhook).await.len() == 1, "ten times is one notice");
    let first = until(&bad.webhook, &|it| it.status == Some(500)).await;
    assert_eq!((first.state, first.attempts), (DeliveryState::Waiting, 1));
    let next = first.next.unwrap();
    assert_eq!(next, "2026-01-01T00:00:10Z", "ten seconds later");
    for attempt in 2..=7 {
        // What came of the attempt before may be written after the clock was set: then it waits from then on.
        for turn in 0.. {
            assert!(turn < 200, "attempt {attempt}: {:?}", deliveries(&bad.webhook).await);
            if turn % 40 == 0 {
                hub.clock.advance(21_600);
            }
            if deliveries(&bad.webhook).await.iter().any(|it| it.attempts >= attempt) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let given_up = until(&bad.webhook, &|it| it.state == DeliveryState::Failed).await;
    assert_eq!((given_up.attempts, given_up.next), (7, None));

    // It was repaired: sent again by hand.
    let owner = hub.login("root").await;
    let path = format!("/api/v1/webhooks/{}", bad.webhook.id);
    let moved = json!({"url": format!("http://{address}/mended")});
    let _: Webhook = hub.change(&owner, Method::PATCH, &path, &moved).await.ok(200);
    let retry = format!("{path}/deliveries/{}/retry", given_up.id);
    let waiting: Delivery = hub.post(&owner, &retry, &json!({})).await.ok(200);
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Waiting, 0));
    let nobodys = format!("/api/v1/webhooks/{}/deliveries/{}/retry", good.webhook.id, given_up.id);
    assert_eq!(hub.post(&owner, &nobodys, &json!({})).await.status, 404);
    for _ in 0..200 {
        if came.lock().unwrap().iter().any(|(path, ..)| path == "/mended") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.send(true).unwrap();
    running.await.unwrap();
    let came = came.lock().unwrap();
    let to = |wanted: &str| came.iter().filter(|(path, ..)| path == wanted).collect::<Vec<_>>();
    assert_eq!((to("/good").len(), to("/500").len(), to("/mended").len()), (1, 7, 1));
    assert!(to("/elsewhere").is_empty() && to("/worse").is_empty() && to("/others").is_empty());
    let slack: Value = serde_json::from_slice(&to("/good")[0].2).unwrap();
    assert!(slack["text"].as_str().unwrap().contains("One image turned unhealthy"), "{slack}");
    let bodies: Vec<_> = to("/500").iter().chain(&to("/mended")).map(|(_, _, body)| body.clone()).collect();
    assert!(bodies.windows(2).all(|two| two[0] == two[1]), "what is sent again is the same");
    let signatures: std::collections::BTreeSet<_> = to("/500")
        .iter()
        .map(|(_, head, _)| {
            head.lines().find(|line| line.starts_with(notices::SIGNATURE)).unwrap().to_owned()
        })
        .collect();
    assert_eq!(signatures.len(), 7, "each attempt is signed with its time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_nowhere_that_only_the_hub_reaches() {
    let (hub, owner) = plain().await;
    let (address, came) = receiver().await;
    let port = address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "localhost",
    ] {
        let body = json!({"name": host, "url": format!("http://{host}:{port}/"), "allowPrivate": false});
        let answer = hub.post(&owner, "/api/v1/webhooks", &body).await;
        assert_eq!(answer.problem(), (422, ProblemKind::Invalid), "{host}");
        assert!(answer.text().contains("not a public address"), "{host}: {}", answer.text());
    }
    for url in ["ftp://hooks.example", "https://user:password@hooks.example/", "hooks.example", ""] {
        let answer = hub.post(&owner, "/api/v1/webhooks", &json!({"name": "x", "url": url})).await;
        assert_eq!(answer.problem(), (422, ProblemKind::Invalid), "{url}");
    }
    // A name that was public when it was typed and is not any more: each delivery asks again.
    let id = hub
        .state
        .store
        .write(move |tx| {
            let webhook = webhooks::Webhook {
                id: 0,
                name: "moved".to_owned(),
                url: format!("http://localhost:{port}/moved"),
                scope: String::new(),
                settings: webhooks::Settings::default(),
                on: true,
                created: Micros(START),
            };
            webhooks::create(tx, &webhook)
        })
        .await
        .unwrap();
    let secret = json!({"secret": "0123456789abcdef"});
    let moved: Webhook =
        hub.change(&owner, Method::PATCH, &format!("/api/v1/webhooks/{id}"), &secret).await.ok(200);
    let sent = test(&hub, &owner, &moved).await;
    assert_eq!(sent.state, DeliveryState::Failed);
    assert!(sent.error.unwrap().contains("not a public address"));
    assert!(came.lock().unwrap().is_empty(), "nobody knocked");

    // Who allows it is an owner of the hub, also when one that is allowed is moved.
    hub.user(&owner, "jane", &[("shop", Role::Owner)]).await;
    let jane = hub.login("jane").await;
    let private =
        json!({"name": "p", "url": format!("http://{address}/"), "scope": "shop", "allowPrivate": true});
    assert_eq!(hub.post(&jane, "/api/v1/webhooks", &private).await.problem(), (403, ProblemKind::Forbidden));
    let made: MadeWebhook = hub.post(&owner, "/api/v1/webhooks", &private).await.ok(201);
    let path = format!("/api/v1/webhooks/{}", made.webhook.id);
    let elsewhere = json!({"url": "http://169.254.169.254/"});
    let moved = hub.change(&jane, Method::PATCH, &path, &elsewhere).await;
    assert_eq!(moved.problem(), (403, ProblemKind::Forbidden));
    let off: Webhook = hub.change(&jane, Method::PATCH, &path, &json!({"on": false})).await.ok(200);
    assert!(!off.on);
    let closed = hub.change(&jane, Method::PATCH, &path, &json!({"allowPrivate": false})).await;
    assert_eq!(closed.problem(), (422, ProblemKind::Invalid), "its address is private");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_shown_to_who_may_change_them_and_tell_no_secret() {
    let (hub, owner) = plain().await;
    let url = "https://1.1.1.1/services/T0/B0/key";
    let body = json!({"name": "chat", "url": url, "scope": "shop", "secret": "a-secret-of-my-own", "kinds": ["finding"]});
    let made: MadeWebhook = hub.post(&owner, "/api/v1/webhooks", &body).await.ok(201);
    assert_eq!(made.secret.expose(), "a-secret-of-my-own");
    let taken = hub.post(&owner, "/api/v1/webhooks", &body).await;
    assert_eq!(taken.problem(), (409, ProblemKind::Conflict));
    for (field, value) in [("secret", json!("short")), ("kinds", json!(["gossip"])), ("name", json!("a\nb"))]
    {
        let mut wrong = json!({"name": "other", "url": url});
        wrong[field] = value;
        let answer = hub.post(&owner, "/api/v1/webhooks", &wrong).await;
        assert_eq!(answer.problem(), (422, ProblemKind::Invalid), "{field}");
    }
    hub.user(&owner, "vera", &[("shop", Role::Viewer)]).await;
    hub.user(&owner, "bob", &[("bank", Role::SecurityAdmin)]).await;
    let (vera, bob) = (hub.login("vera").await, hub.login("bob").await);
    assert_eq!(hub.get(&vera, "/api/v1/webhooks").await.status, 403);
    let bobs: Page<Webhook> = hub.get(&bob, "/api/v1/webhooks").await.ok(200);
    assert!(bobs.items.is_empty());
    let path = format!("/api/v1/webhooks/{}", made.webhook.id);
    assert_eq!(hub.delete(&bob, &path).await.status, 404);
    let all = hub.get(&owner, "/api/v1/webhooks").await;
    assert!(all.text().contains(url) && !all.text().contains("a-secret"));
    assert_eq!(hub.delete(&owner, &path).await.status, 204);
    let trail = hub.get(&owner, "/api/v1/audit?limit=500").await.text();
    assert!(trail.contains("webhook.create") && trail.contains("webhook.delete"));
    assert!(!trail.contains("a-secret") && !trail.contains("services/T0"), "{trail}");
    let sealed = std::fs::read(hub.folder.path().join("hub.db")).unwrap();
    assert!(!sealed.windows(8).any(|part| part == b"a-secret"));
}
