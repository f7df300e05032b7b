//! What `docs/registries.md` shows is what the hub takes and says.

use std::path::Path;

use api::registry::{MadeRegistry, Receipt, Registry};
use serde_json::{Value, json};

use crate::{support::Hub, world::World};

/// The page's blocks in this language.
fn blocks(language: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/registries.md");
    let text = std::fs::read_to_string(page).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// What a call of curl sends.
fn sent(block: &str) -> Value {
    let body = block.split("-d '").nth(1).unwrap().split('\'').next().unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_of_the_manual_are_taken_and_answered_as_it_says() {
    let world = World::start().await;
    let calls = blocks("sh");
    let made: MadeRegistry = world.post("/api/v1/registries", sent(&calls[0])).await.ok(201);
    let shown = made.notifications.example.expose().replace(&world.hub.base, "https://hub.example");
    let shown = shown.replace(made.events_secret.expose(), "swn_…");
    assert_eq!(blocks("yaml"), [shown]);
    let usual = &made.registry;
    assert_eq!(
        (usual.poll_minutes, usual.concurrency, usual.window_days, usual.insecure),
        (15, 2, 30, false)
    );

    let path = calls[1].trim().rsplit("https://hub.example").next().unwrap();
    assert_eq!(path, format!("/api/v1/registries/{}/events", usual.id));
    let request = world.hub.client.post(format!("{}{path}", world.hub.base));
    let answer = Hub::send(request.bearer_auth(made.events_secret.expose()).json(&sent(&calls[1]))).await;
    assert_eq!(answer.ok::<Receipt>(200), Receipt { taken: 1, ..Receipt::default() });

    let filters: Value = serde_json::from_str(&blocks("json")[0]).unwrap();
    let changed: Registry =
        world.patch(&format!("/api/v1/registries/{}", usual.id), filters.clone()).await.ok(200);
    assert_eq!(json!({"include": changed.include, "exclude": changed.exclude}), filters);
    world.end().await;
}
