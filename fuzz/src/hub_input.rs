//! What the hub is sent.

use hub::notify::{
    envelope::{self, Envelope, Event},
    generic,
};

/// A registry's notification, in its own form and in the plain one.
pub fn notification(data: &[u8]) {
    for read in [envelope::read(data), generic::read(data)] {
        let Ok(Envelope { events, other, refused }) = read else { continue };
        // A number out of range in a field that nobody reads is no fault of the envelope.
        let Ok(all) = serde_json::from_slice::<serde_json::Value>(data) else { continue };
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

/// A catalogue that somebody sends: what was taken is written, and that is read again as the same; every index of it lies
/// inside.
pub fn catalogue(data: &[u8]) {
    use api::catalogue::Document;

    let Ok(document) = Document::read(data) else { return };
    let catalogue = document.catalogue();
    for package in &catalogue.packages {
        let edges = package.owner.iter().chain(&package.bundled_in).chain(&package.depends_on);
        assert!(edges.copied().all(|index| catalogue.package(index).is_some()));
        let layers = document.image.as_ref().map_or(0, |image| image.layers.len());
        assert!(package.layer.is_none_or(|layer| (layer as usize) < layers));
    }
    let written = serde_json::to_vec(&document).expect("memory takes it");
    assert_eq!(Document::read(&written).as_ref(), Ok(&document));
}
