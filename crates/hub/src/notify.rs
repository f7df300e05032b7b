//! Notifications of registries: what was pushed, pulled and deleted, as it happens.
//!
//! A registry sends each with a secret that was shown once, when it was connected. What it says is believed only as far as
//! it goes: it makes the hub look, and the look decides. A delivery is answered with success after its effect is committed;
//! a registry sends again what was not, and what it sends twice is known by its id.
//!
//! Seawall's own requests raise pull events, too. They carry the registry's random mark in their user agent
//! ([`envelope::is_own`]) and do not count.

pub mod envelope;
pub mod generic;
mod take;

pub use take::{Form, Receipt, Refusal, knows, take, take_known};
