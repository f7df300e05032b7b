//! Where tags point, and pointed.

use crate::{
    Key, Order, Page, PageRequest, Row, Select, StoreError, Tx, containing, placements::Tagged, scopes,
    values,
};

/// A tag that points somewhere, with the image that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag and where it points.
    pub tagged: Tagged,
    /// The number of the placement; of an index, of its first image that is there. `None`: not known, or not to be seen.
    pub placement: Option<i64>,
}

const COLUMNS: &str = "t.tag, t.manifest_digest, t.since, t.until";

fn tagged(row: &Row) -> Result<Tagged, StoreError> {
    Ok(Tagged { tag: row.get(0)?, digest: row.get(1)?, since: row.get(2)?, until: row.get(3)? })
}

fn now(repository: i64, text: Option<&str>) -> Select {
    let mut select = Select::new(COLUMNS, "tag_history t");
    select.and("t.repository = ?", values![repository]).and("t.until IS NULL", []);
    if let Some(text) = text {
        select.and("lower(t.tag) LIKE ? ESCAPE '\\'", values![containing(&text.to_lowercase())]);
    }
    select
}

/// The tags of a repository that point somewhere, by name, with images as far as they lie in the scopes `within`.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn current(
    tx: &mut Tx<'_>,
    repository: i64,
    text: Option<&str>,
    within: &[String],
    request: &PageRequest,
) -> Result<Page<Tag>, StoreError> {
    const BY_NAME: Order = Order { name: "tags/by-name", keys: &[Key::up("t.tag")] };
    let page = now(repository, text).page(tx, &BY_NAME, request, tagged)?;
    let mut items = Vec::with_capacity(page.items.len());
    for tagged in page.items {
        let placement = leads_to(tx, repository, &tagged.digest, within)?;
        items.push(Tag { tagged, placement });
    }
    Ok(Page { items, next: page.next })
}

/// How many tags point somewhere.
///
/// # Errors
/// What the database says.
pub fn count_tags(tx: &mut Tx<'_>, repository: i64, text: Option<&str>) -> Result<u64, StoreError> {
    now(repository, text).count(tx)
}

/// The placement behind a digest: its own, or of an index the first whose content the index names.
fn leads_to(
    tx: &mut Tx<'_>,
    repository: i64,
    digest: &str,
    within: &[String],
) -> Result<Option<i64>, StoreError> {
    let mut select = Select::new("min(p.id)", "placement p");
    select.and("p.repository = ? AND p.manifest_digest = ?", values![repository, digest]);
    scopes::within(&mut select, "p.scope", within);
    if let Some(id) = super::one(&select, tx)?.get::<Option<i64>>(0)? {
        return Ok(Some(id));
    }
    let from = "image_name n JOIN registry g ON g.name = n.registry JOIN repository r ON r.registry = g.id AND r.name = n.repository \
                JOIN image_name m ON m.registry = n.registry AND m.repository = n.repository \
                AND m.config_digest = n.config_digest AND m.digest <> n.digest \
                JOIN placement p ON p.repository = r.id AND p.manifest_digest = m.digest";
    let mut select = Select::new("min(p.id)", from);
    select.and("r.id = ? AND n.digest = ? AND p.gone IS NULL", values![repository, digest]);
    scopes::within(&mut select, "p.scope", within);
    super::one(&select, tx)?.get(0)
}

/// The history of a repository's tags, newest first.
///
/// # Errors
/// [`StoreError::Cursor`] for a cursor of another list.
pub fn history(
    tx: &mut Tx<'_>,
    repository: i64,
    tag: Option<&str>,
    request: &PageRequest,
) -> Result<Page<Tagged>, StoreError> {
    const NEWEST: Order = Order { name: "tags/newest", keys: &[Key::down("t.since"), Key::down("t.tag")] };
    let mut select = Select::new(COLUMNS, "tag_history t");
    select.and("t.repository = ?", values![repository]);
    if let Some(tag) = tag {
        select.and("t.tag = ?", values![tag]);
    }
    select.page(tx, &NEWEST, request, tagged)
}
