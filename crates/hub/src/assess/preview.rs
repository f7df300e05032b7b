//! What a change would do, before it is saved: the assets of a scope judged twice by the code that judges them for real.

use posture::{Change, Effect, Fleet, Plan};
use store::{MAX_LIMIT, Micros, StoreError, Tx, judging};

use super::{
    facts::Data,
    load::{self, Around, Image, Loaded, Registry, Said},
    world::World,
};
use crate::AppState;

/// A change that is about to be saved.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Of a rule or an exemption.
    Said(Change),
    /// Of a plan on the scope: on, off, or (`None`) as said above.
    Plan(Plan, Option<bool>),
}

/// What `change` does to the assets of a scope and below it. Nothing is saved.
///
/// # Errors
/// The store's.
pub async fn effect(state: &AppState, scope: &str, asked: Asked) -> Result<Effect, StoreError> {
    let (scope, now) = (scope.to_owned(), state.clock.now());
    let data = Data::of(&*state.matcher.database().await);
    state.store.read(move |tx| between(tx, data, &scope, &asked, now)).await
}

fn between(
    tx: &mut Tx<'_>,
    data: Data,
    scope: &str,
    asked: &Asked,
    now: Micros,
) -> Result<Effect, StoreError> {
    let around = Around::read(tx, data, now)?;
    let mut world = World::default();
    let mut places = Vec::new();
    loop {
        let after = places.last().map_or(0, |place: &judging::Place| place.id);
        let page = judging::places_within(tx, scope, after, MAX_LIMIT)?;
        let is_last = page.len() < MAX_LIMIT as usize;
        places.extend(page);
        if is_last {
            break;
        }
    }
    let loaded = Loaded::read(tx, &mut world, &around, places)?;
    let findings = loaded.facts(&world)?;
    let registries = around.registries_within(&load::scope(scope)?)?;
    let images: Vec<_> = loaded.images.iter().map(Image::asset).collect();
    let assets: Vec<_> = registries.iter().map(Registry::asset).collect();
    let fleet = Fleet { findings: &findings, images: &images, registries: &assets };
    let settings = around.said.settings(now)?;
    let effect = match asked {
        Asked::Said(change) => posture::effect(&fleet, settings, change),
        Asked::Plan(plan, on) => {
            let said: Said = around.said.clone().with_plan(scope, *plan, *on);
            let images: Vec<_> = loaded
                .images
                .iter()
                .map(|image| posture::ImageAsset { plans: said.plans_of(&image.scope), ..image.asset() })
                .collect();
            let registries: Vec<_> = registries
                .iter()
                .map(|registry| posture::RegistryAsset {
                    plans: said.plans_of(&registry.scope),
                    ..registry.asset()
                })
                .collect();
            let after = Fleet { findings: &findings, images: &images, registries: &registries };
            posture::between(&fleet, settings, &after, said.settings(now)?)
        }
    };
    effect.map_err(|error| StoreError::Invalid(error.to_string()))
}
