//! What the hub is sent.

use hub::notify::{
    envelope::{self, Envelope, Event},
    generic,
};

/// A registry's notification, in its own form and in the plain one.
pub fn notification(data: &[u8]) {
    for read in [envelope::read(data), generic::read(data)] {
        let Ok(Envelope { events, other, refused }) = read else { continue };
        let all = serde_json::from_slice::<serde_json::Value>(data).expect("what was read is JSON");
        let told = all["events"].as_array().expect("it has events").len() as u64;
        assert_eq!(events.len() as u64 + other + refused, told, "an event was lost");
        events.iter().for_each(check);
    }
}

fn check(event: &Event) {
    let name = format!("h.test/{}:{}", event.repository, event.tag.as_deref().unwrap_or("x"));
    assert!(name.parse::<oci::Reference>().is_ok(), "{name}");
    assert!(!event.id.is_empty() && event.id.len() <= 200);
    for kept in [&event.actor, &event.address, &event.user_agent].into_iter().flatten() {
        assert!(kept.chars().count() <= 200 && !kept.chars().any(char::is_control));
    }
    assert!(!envelope::is_own(event, ""));
}
