//! The fleet: images in their places and what is known of them, the inventory, software, vulnerabilities, search.
//!
//! Every row lies in a scope on which the caller is a viewer, and sums are made over those alone. What lies elsewhere is
//! answered like what is not there.

mod catalogues;
mod compare;
mod evidence;
mod explain;
mod findings;
mod images;
mod inventory;
mod parts;
mod search;
mod software;
mod vulnerabilities;
mod wire;

pub(super) use wire::image_row;

use crate::{AppState, Error, auth::Caller, permissions::covers};
use api::who::Role;
use serde::de::DeserializeOwned;
use store::{
    Cursor, Order, PageRequest, StoreError, Tx,
    images::{self as stored, PlaceDetail},
};
use utoipa_axum::router::OpenApiRouter;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(catalogues::routes())
        .merge(images::routes())
        .merge(findings::routes())
        .merge(evidence::routes())
        .merge(vulnerabilities::routes())
        .merge(parts::routes())
        .merge(compare::routes())
        .merge(inventory::routes())
        .merge(software::routes())
        .merge(search::routes())
}

/// The scopes whose assets the caller sees.
fn visible(caller: &Caller) -> Vec<String> {
    caller.scopes(Role::Viewer)
}

/// The number behind an id of the interface.
fn number(what: &str, id: &str) -> Result<i64, Error> {
    // No sign, no leading nought: one thing has one id.
    id.parse().ok().filter(|number: &i64| number.to_string() == id).ok_or_else(|| Error::not_found(what, id))
}

/// The words of a list that is separated by commas.
fn words<T: DeserializeOwned>(field: &str, text: Option<&str>) -> Result<Vec<T>, Error> {
    let words = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .take(32)
        .map(|word| {
            serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| {
                Error::field(field, format!("'{}' is not one of its words", crate::problem::shown(word)))
            })
        })
        .collect()
}

/// The order of this name among those of a list.
fn order(orders: &[Order], name: &str) -> Order {
    // Each name stands in the list's own table; the first is its usual order.
    const NONE: Order = Order { name: "", keys: &[] };
    orders.iter().find(|order| order.name == name).or(orders.first()).copied().unwrap_or(NONE)
}

/// What the store is asked for one page.
fn request(cursor: Option<&str>, limit: u32) -> PageRequest {
    PageRequest { limit, after: cursor.map(|cursor| Cursor(cursor.to_owned())), backwards: false }
}

/// The place with this id, if the caller may see it.
fn seen(tx: &mut Tx<'_>, id: &str, visible: &[String]) -> Result<Result<PlaceDetail, Error>, StoreError> {
    let number = match number("image", id) {
        Ok(number) => number,
        Err(error) => return Ok(Err(error)),
    };
    let place = stored::place(tx, number)?;
    let place = place.filter(|place| visible.iter().any(|scope| covers(scope, &place.asset.scope)));
    Ok(place.ok_or_else(|| Error::not_found("image", id)))
}

/// As [`seen`], in a transaction of its own.
async fn place(state: &AppState, caller: &Caller, id: String) -> Result<PlaceDetail, Error> {
    let visible = visible(caller);
    state.read(move |tx| seen(tx, &id, &visible)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::tally::Severity;

    #[test]
    fn a_thing_has_one_id() {
        assert_eq!(number("image", "17").unwrap(), 17);
        for id in ["", "017", "+17", "17 ", "seventeen", "99999999999999999999", "1e3"] {
            assert!(number("image", id).is_err(), "{id:?}");
        }
    }

    #[test]
    fn words_are_known_or_refused() {
        let all: Vec<Severity> = words("severity", Some("critical, high,")).unwrap();
        assert_eq!(all, [Severity::Critical, Severity::High]);
        assert!(words::<Severity>("severity", Some("critical,worst")).is_err());
        assert!(words::<Severity>("severity", None).unwrap().is_empty());
    }
}
