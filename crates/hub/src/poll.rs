//! Reading a registry's catalogue: for registries that send no notifications, and for what those that do did not tell.
//!
//! A look goes through repositories by page, through their tags, and asks for the digest of each tag. What appears is an
//! import; a digest to which no tag leads is asked for by itself, and is retired when it is not there. Where it stands is
//! kept in the store after each repository, so that it goes on after a restart; between two requests it rests.

use std::time::Duration;

use oci::{Error, Listing, Names};
use serde::{Deserialize, Serialize};
use store::{
    Micros,
    placements::{self, Tagged},
    registries::{self, Registry},
};

use crate::{
    jobs::{self, Failure, Hub, Resolve},
    registries::{Reached, probe},
};

/// The rest between two requests: at most 50 a second for each registry.
const REST: Duration = Duration::from_millis(20);
/// Tags of one repository that are looked at; the rest is said to be left out.
const MAX_TAGS: usize = 20_000;
/// Repositories of one look.
const MAX_REPOSITORIES: u64 = 100_000;
/// Placements and tags read from the store at once.
const BATCH: u32 = 500;

/// Where a look stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// When it began.
    started: Micros,
    /// What the current page is asked for with.
    page: Option<String>,
    /// How many of the page's repositories are done.
    done: usize,
    /// How many repositories there were before this page.
    before: u64,
    /// The catalogue is read; now those that it did not name, behind this one.
    rest: Option<String>,
}

/// Goes on with the look at a registry: to the end of the current page. Says whether there is more.
///
/// # Errors
/// When the registry cannot be asked. The look goes on where it stood.
pub(crate) async fn step(hub: &Hub, id: i64) -> Result<bool, Failure> {
    let result = go_on(hub, id).await;
    let (state, detail) = match &result {
        Ok(_) => (registries::RegistryState::Ok, None),
        Err(failure) => (registries::RegistryState::Failing, Some(failure.why.clone())),
    };
    let now = hub.now();
    let scope = hub
        .store
        .write(move |tx| {
            let registry = registries::get(tx, id)?;
            // Whoever paused it while it was looked at meant it.
            if registry.state != registries::RegistryState::Paused {
                registries::set_state(tx, id, state, detail.as_deref(), now)?;
                if let Some(why) = detail.as_deref()
                    && registry.state != state
                {
                    crate::notices::failing(tx, id, &registry.name, &registry.scope, why, now)?;
                }
            }
            Ok(registry.scope)
        })
        .await?;
    (hub.tell)("registry", Some(&id.to_string()), &scope);
    result
}

async fn go_on(hub: &Hub, id: i64) -> Result<bool, Failure> {
    let reached = hub.reach(id).await?;
    let listing = hub.list(&reached).await?;
    let registry = &reached.registry;
    let kept = registry.poll_cursor.as_deref().and_then(|text| serde_json::from_str::<Cursor>(text).ok());
    let fresh = Cursor { started: hub.now(), page: None, done: 0, before: 0, rest: None };
    let mut cursor = kept.unwrap_or(fresh);
    let look = Look { hub, registry, listing: &listing, started: cursor.started };
    if cursor.page.is_none() && cursor.done == 0 && cursor.rest.is_none() {
        look.observe(&reached).await?;
    }
    if cursor.rest.is_none() {
        let page = look.page(&cursor).await?;
        for name in page.names.iter().skip(cursor.done) {
            if registry.settings.watches(name) {
                look.repository(name).await?;
            }
            cursor.done += 1;
            look.keep(Some(&cursor)).await?;
        }
        cursor.before = cursor.before.saturating_add(page.names.len() as u64);
        cursor.done = 0;
        if page.next.is_some() && cursor.before < MAX_REPOSITORIES {
            cursor.page = page.next;
            look.keep(Some(&cursor)).await?;
            return Ok(true);
        }
        cursor.rest = Some(String::new());
    }
    // What the catalogue did not name: deleted, or the registry has no catalogue.
    let (after, started) = (cursor.rest.clone().unwrap_or_default(), cursor.started);
    let unseen =
        hub.store.read(move |tx| placements::repositories_unseen(tx, id, started, &after, BATCH)).await?;
    for name in &unseen {
        if registry.settings.watches(name) {
            look.repository(name).await?;
        }
        cursor.rest = Some(name.clone());
        look.keep(Some(&cursor)).await?;
    }
    if unseen.len() == BATCH as usize {
        return Ok(true);
    }
    look.outdated().await?;
    look.keep(None).await?;
    Ok(false)
}

/// One look at one registry.
struct Look<'a> {
    hub: &'a Hub,
    registry: &'a Registry,
    listing: &'a Listing,
    started: Micros,
}

impl Look<'_> {
    async fn keep(&self, cursor: Option<&Cursor>) -> Result<(), Failure> {
        let (id, now) = (self.registry.id, self.hub.now());
        let text = match cursor {
            Some(cursor) => Some(
                serde_json::to_string(cursor)
                    .map_err(|error| Failure { why: error.to_string(), hopeless: true })?,
            ),
            None => None,
        };
        self.hub.store.write(move |tx| registries::set_cursor(tx, id, text.as_deref(), now)).await?;
        Ok(())
    }

    /// Keeps what is to be seen of the registry from outside, for its controls.
    async fn observe(&self, reached: &Reached) -> Result<(), Failure> {
        let seen = probe(&self.registry.address, &reached.options(&self.hub.timeouts)).await;
        let (id, tls) = (self.registry.id, seen.tls);
        let observed =
            registries::Observed { tls, verified: seen.verified, anonymous_write: seen.anonymous_write };
        // A registry that did not answer now is as it was.
        if tls.is_some() {
            self.hub.store.write(move |tx| registries::set_observed(tx, id, &observed)).await?;
        }
        Ok(())
    }

    /// A page of the catalogue. Registries that have none (many hosted ones) are looked at by what is known and by the
    /// repositories that the operator named.
    async fn page(&self, cursor: &Cursor) -> Result<Names, Failure> {
        match self.listing.repositories(cursor.page.as_deref()).await {
            Ok(page) => Ok(page),
            Err(Error::NotFound { .. } | Error::Denied { .. }) => {
                let named = self.registry.settings.include.iter().filter(|name| !name.contains('*'));
                Ok(Names { names: named.cloned().collect(), refused: 0, next: None })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks at one repository.
    async fn repository(&self, name: &str) -> Result<(), Failure> {
        let Some((tags, all)) = self.tags(name).await? else {
            // Its digests may still be there, or are retired below.
            return self.digests(name).await;
        };
        let (id, of, now) = (self.registry.id, name.to_owned(), self.hub.now());
        let repository = self.hub.store.write(move |tx| placements::repository(tx, id, &of, now)).await?;
        for tag in &tags {
            tokio::time::sleep(REST).await;
            let Some(digest) = self.listing.digest(name, tag).await? else { continue };
            let seen = Resolve {
                registry: self.registry.id,
                repository: name.to_owned(),
                digest: digest.to_string(),
                tag: Some(tag.clone()),
                trigger: placements::Trigger::Poll.as_str().to_owned(),
                evidence: serde_json::json!({"seen": "catalogue", "tag": tag}).to_string(),
                at: self.hub.now(),
            };
            let (registry, now) = (self.registry.clone(), self.hub.now());
            self.hub.store.write(move |tx| jobs::seen(tx, &registry, &seen, now)).await?;
        }
        if all {
            self.tags_gone(repository, &tags).await?;
        }
        self.digests(name).await
    }

    /// A repository's tags, and whether these are all; `None`: there is no such repository.
    async fn tags(&self, name: &str) -> Result<Option<(Vec<String>, bool)>, Failure> {
        let (mut tags, mut after) = (Vec::new(), None);
        loop {
            tokio::time::sleep(REST).await;
            let page = match self.listing.tags(name, after.as_deref()).await {
                Ok(page) => page,
                Err(Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            tags.extend(page.names);
            match page.next {
                Some(next) if tags.len() < MAX_TAGS => after = Some(next),
                next => {
                    let all = next.is_none() && tags.len() <= MAX_TAGS;
                    tags.truncate(MAX_TAGS);
                    return Ok(Some((tags, all)));
                }
            }
        }
    }

    /// Ends tags that are not listed any more.
    async fn tags_gone(&self, repository: i64, there: &[String]) -> Result<(), Failure> {
        let there: std::collections::HashSet<String> = there.iter().cloned().collect();
        let (started, now) = (self.started, self.hub.now());
        self.hub
            .store
            .write(move |tx| {
                let mut after = String::new();
                loop {
                    let tags = placements::current_tags(tx, repository, &after, BATCH)?;
                    let Some(Tagged { tag, .. }) = tags.last() else { return Ok(()) };
                    after.clone_from(tag);
                    // One that came after the list was asked for is none that went.
                    for old in tags.iter().filter(|t| t.since < started && !there.contains(&t.tag)) {
                        placements::untag(tx, repository, &old.tag, now)?;
                    }
                }
            })
            .await?;
        Ok(())
    }

    /// Asks for the digests that no tag led to, and retires those that are not there.
    async fn digests(&self, name: &str) -> Result<(), Failure> {
        let (id, of) = (self.registry.id, name.to_owned());
        let found = self.hub.store.read(move |tx| placements::find_repository(tx, id, &of)).await?;
        let Some(repository) = found else { return Ok(()) };
        let mut after = 0;
        loop {
            let (started, from) = (self.started, after);
            let unseen = self
                .hub
                .store
                .read(move |tx| placements::unseen(tx, repository, started, from, BATCH))
                .await?;
            let Some(last) = unseen.last() else { return Ok(()) };
            after = last.id;
            for placement in unseen {
                tokio::time::sleep(REST).await;
                let there = self.listing.digest(name, &placement.digest).await?.is_some();
                let (registry, now, of) = (self.registry.clone(), self.hub.now(), name.to_owned());
                self.hub
                    .store
                    .write(move |tx| {
                        if !there {
                            return placements::retire(tx, repository, &placement.digest, now).map(drop);
                        }
                        let seen = Resolve {
                            registry: registry.id,
                            repository: of.clone(),
                            digest: placement.digest.clone(),
                            tag: None,
                            trigger: placements::Trigger::Poll.as_str().to_owned(),
                            evidence: r#"{"seen":"digest"}"#.to_owned(),
                            at: now,
                        };
                        jobs::seen(tx, &registry, &seen, now)
                    })
                    .await?;
            }
        }
    }

    /// Has scanned again what is outdated.
    async fn outdated(&self) -> Result<(), Failure> {
        let (registry, now) = (self.registry.clone(), self.hub.now());
        self.hub.store.write(move |tx| jobs::outdated(tx, &registry, now)).await?;
        Ok(())
    }
}
