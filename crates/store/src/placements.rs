//! Where images lie: placements with what is known of when and why they were seen, the tags that point at them, and the
//! names under which their content goes.

use crate::{Micros, Row, StoreError, Tx, assessments, values};

/// What made a placement known, or gave it a new time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// A push was told of.
    Push,
    /// A pull was told of.
    Pull,
    /// It appeared without a push that was told of.
    Import,
    /// Something else told of it (`POST …/events`).
    Event,
    /// Somebody asked for it.
    Manual,
    /// It was there when the catalogue was read.
    Poll,
}

impl Trigger {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
            Self::Import => "import",
            Self::Event => "event",
            Self::Manual => "manual",
            Self::Poll => "poll",
        }
    }

    /// The trigger of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Push, Self::Pull, Self::Import, Self::Event, Self::Manual, Self::Poll]
            .into_iter()
            .find(|trigger| trigger.as_str() == word)
    }
}

/// The id of an image in a registry, as an asset.
#[must_use]
pub fn asset_id(registry: &str, repository: &str, manifest_digest: &str) -> String {
    format!("registry/{registry}/{repository}@{manifest_digest}")
}

/// The number of a repository, which is made where it is not known yet; it was seen now.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such registry.
pub fn repository(tx: &mut Tx<'_>, registry: i64, name: &str, now: Micros) -> Result<i64, StoreError> {
    let sql = "INSERT INTO repository (registry, name, first_seen, last_seen) VALUES ($1, $2, $3, $3) \
               ON CONFLICT (registry, name) DO UPDATE SET last_seen = excluded.last_seen RETURNING id";
    tx.query_one(sql, &values![registry, name, now])?.get(0)
}

/// The number of a repository that is known.
///
/// # Errors
/// What the database says.
pub fn find_repository(tx: &mut Tx<'_>, registry: i64, name: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM repository WHERE registry = $1 AND name = $2";
    tx.query_opt(sql, &values![registry, name])?.map(|row| row.get(0)).transpose()
}

/// An image that was seen in a registry.
#[derive(Clone, Debug)]
pub struct Sighting<'a> {
    /// The registry's name.
    pub registry: &'a str,
    /// The repository's number.
    pub repository: i64,
    /// The repository's name.
    pub repository_name: &'a str,
    /// The manifest.
    pub digest: &'a str,
    /// Where it belongs, when it is new.
    pub scope: &'a str,
    /// Whose it is, when it is new.
    pub owner: Option<&'a str>,
    /// What made it seen.
    pub trigger: Trigger,
    /// What shows that: who, from where, with which tag; JSON.
    pub evidence: &'a str,
    /// When.
    pub at: Micros,
}

/// What a sighting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The placement's number.
    pub id: i64,
    /// It was not known before.
    pub is_new: bool,
    /// It was retired, and is back.
    pub is_back: bool,
}

/// Keeps a sighting. What is new, or back, without a push is an import. Times never go back, and a mere look at the
/// catalogue changes neither the trigger nor its evidence.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such repository, scope or owner.
pub fn see(tx: &mut Tx<'_>, seen: &Sighting<'_>) -> Result<Placed, StoreError> {
    let id = asset_id(seen.registry, seen.repository_name, seen.digest);
    let known = tx.query_opt("SELECT id, gone FROM placement WHERE asset_id = $1", &values![id])?;
    let (is_new, is_back) = match &known {
        None => (true, false),
        Some(row) => (false, row.get::<Option<Micros>>(1)?.is_some()),
    };
    let imported = (is_new || is_back)
        && matches!(seen.trigger, Trigger::Pull | Trigger::Poll | Trigger::Import)
        || seen.trigger == Trigger::Import;
    let trigger = if imported { Trigger::Import } else { seen.trigger };
    let pushed = (seen.trigger == Trigger::Push).then_some(seen.at);
    let pulled = (seen.trigger == Trigger::Pull).then_some(seen.at);
    let imported = imported.then_some(seen.at);
    if is_new || is_back {
        tx.touch();
    }
    let Some(row) = known else {
        let sql = "INSERT INTO placement (asset_id, repository, manifest_digest, scope, owner, first_seen, last_seen, \
                   pushed_at, pulled_at, imported_at, trigger, evidence_json) \
                   VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11) RETURNING id";
        let row = tx.query_one(
            sql,
            &values![
                id,
                seen.repository,
                seen.digest,
                seen.scope,
                seen.owner,
                seen.at,
                pushed,
                pulled,
                imported,
                trigger.as_str(),
                seen.evidence
            ],
        )?;
        return Ok(Placed { id: row.get(0)?, is_new, is_back });
    };
    let id: i64 = row.get(0)?;
    let quiet = trigger == Trigger::Poll;
    let later = |column: &str, number: u32| {
        format!(
            "{column} = CASE WHEN CAST(${number} AS BIGINT) IS NOT NULL AND ({column} IS NULL OR {column} < ${number}) \
             THEN ${number} ELSE {column} END"
        )
    };
    let sql = format!(
        "UPDATE placement SET gone = NULL, due = CASE WHEN gone IS NULL AND $6 = 1 THEN due ELSE 1 END, \
         {}, {}, {}, {}, trigger = CASE WHEN $6 = 1 THEN trigger ELSE $7 END, \
         evidence_json = CASE WHEN $6 = 1 THEN evidence_json ELSE $8 END WHERE id = $1",
        later("last_seen", 2),
        later("pushed_at", 3),
        later("pulled_at", 4),
        later("imported_at", 5),
    );
    tx.execute(
        &sql,
        &values![id, seen.at, pushed, pulled, imported, quiet, trigger.as_str(), seen.evidence],
    )?;
    Ok(Placed { id, is_new, is_back })
}

/// A placement of a registry, as its watchers need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Its number.
    pub id: i64,
    /// The asset's id.
    pub asset_id: String,
    /// The repository's name.
    pub repository: String,
    /// The manifest.
    pub digest: String,
    /// When it was seen first.
    pub first_seen: Micros,
    /// When it was seen last.
    pub last_seen: Micros,
    /// Since when it is retired.
    pub gone: Option<Micros>,
    /// The last push that was told of.
    pub pushed_at: Option<Micros>,
    /// The last pull that was told of.
    pub pulled_at: Option<Micros>,
    /// When it appeared without a push that was told of.
    pub imported_at: Option<Micros>,
    /// What made it known, or gave it its last time.
    pub trigger: String,
    /// What shows that; JSON.
    pub evidence: Option<String>,
    /// The content, where it was scanned: the number of an image.
    pub image: Option<i64>,
}

const COLUMNS: &str = "p.id, p.asset_id, r.name, p.manifest_digest, p.first_seen, p.last_seen, p.gone, p.pushed_at, \
     p.pulled_at, p.imported_at, p.trigger, p.evidence_json, p.image";

fn read(row: &Row) -> Result<Placement, StoreError> {
    Ok(Placement {
        id: row.get(0)?,
        asset_id: row.get(1)?,
        repository: row.get(2)?,
        digest: row.get(3)?,
        first_seen: row.get(4)?,
        last_seen: row.get(5)?,
        gone: row.get(6)?,
        pushed_at: row.get(7)?,
        pulled_at: row.get(8)?,
        imported_at: row.get(9)?,
        trigger: row.get(10)?,
        evidence: row.get(11)?,
        image: row.get(12)?,
    })
}

/// The placement of a manifest in a repository.
///
/// # Errors
/// What the database says.
pub fn find(tx: &mut Tx<'_>, repository: i64, digest: &str) -> Result<Option<Placement>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM placement p JOIN repository r ON r.id = p.repository \
         WHERE p.repository = $1 AND p.manifest_digest = $2"
    );
    tx.query_opt(&sql, &values![repository, digest])?.as_ref().map(read).transpose()
}

/// The placements of a repository that are there and were not seen since `before`, by number behind `after`.
///
/// # Errors
/// What the database says.
pub fn unseen(
    tx: &mut Tx<'_>,
    repository: i64,
    before: Micros,
    after: i64,
    limit: u32,
) -> Result<Vec<Placement>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM placement p JOIN repository r ON r.id = p.repository WHERE p.repository = $1 \
         AND p.gone IS NULL AND p.last_seen < $2 AND p.id > $3 ORDER BY p.id LIMIT $4"
    );
    tx.query(&sql, &values![repository, before, after, limit])?.iter().map(read).collect()
}

/// Retires what a digest names in a repository: it is not there any more, and no tag points at it. Says whether it was
/// there. Once retired, the time stays.
///
/// # Errors
/// What the database says.
pub fn retire(tx: &mut Tx<'_>, repository: i64, digest: &str, at: Micros) -> Result<bool, StoreError> {
    tx.touch();
    let sql = "UPDATE placement SET gone = $3, due = 1 WHERE repository = $1 AND manifest_digest = $2 AND gone IS NULL";
    let retired = tx.execute(sql, &values![repository, digest, at])? > 0;
    let sql = "UPDATE tag_history SET until = CASE WHEN since < $3 THEN $3 ELSE since + 1 END \
               WHERE repository = $1 AND manifest_digest = $2 AND until IS NULL";
    tx.execute(sql, &values![repository, digest, at])?;
    Ok(retired)
}

/// A tag points at a digest now. Says whether that is new.
///
/// # Errors
/// [`StoreError::Constraint`] when there is no such repository.
pub fn tag(
    tx: &mut Tx<'_>,
    repository: i64,
    tag: &str,
    digest: &str,
    at: Micros,
) -> Result<bool, StoreError> {
    let sql =
        "SELECT manifest_digest, since FROM tag_history WHERE repository = $1 AND tag = $2 AND until IS NULL";
    let mut since = at;
    if let Some(row) = tx.query_opt(sql, &values![repository, tag])? {
        if row.text(0)? == digest {
            return Ok(false);
        }
        // Also when the clock was set back: an entry ends no earlier than it began, and two do not begin together.
        let began: Micros = row.get(1)?;
        since = Micros(at.0.max(began.0.saturating_add(1)));
        untag(tx, repository, tag, since)?;
    } else {
        let sql = "SELECT max(until) FROM tag_history WHERE repository = $1 AND tag = $2";
        if let Some(ended) = tx.query_one(sql, &values![repository, tag])?.get::<Option<Micros>>(0)? {
            since = since.max(ended);
        }
    }
    tx.touch();
    let sql = "INSERT INTO tag_history (repository, tag, manifest_digest, since) VALUES ($1, $2, $3, $4)";
    tx.execute(sql, &values![repository, tag, digest, since])?;
    Ok(true)
}

/// A tag is not there any more. Says whether it was.
///
/// # Errors
/// What the database says.
pub fn untag(tx: &mut Tx<'_>, repository: i64, tag: &str, at: Micros) -> Result<bool, StoreError> {
    tx.touch();
    let sql = "UPDATE tag_history SET until = CASE WHEN since < $3 THEN $3 ELSE since + 1 END \
               WHERE repository = $1 AND tag = $2 AND until IS NULL";
    Ok(tx.execute(sql, &values![repository, tag, at])? > 0)
}

/// One span of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The tag.
    pub tag: String,
    /// What it pointed at: a manifest or an index.
    pub digest: String,
    /// From when on.
    pub since: Micros,
    /// Until when; `None`: it does.
    pub until: Option<Micros>,
}

fn tagged(row: &Row) -> Result<Tagged, StoreError> {
    Ok(Tagged { tag: row.get(0)?, digest: row.get(1)?, since: row.get(2)?, until: row.get(3)? })
}

/// The history of a repository's tags, newest first, at most `limit` spans.
///
/// # Errors
/// What the database says.
pub fn tags(tx: &mut Tx<'_>, repository: i64, limit: u32) -> Result<Vec<Tagged>, StoreError> {
    let sql = "SELECT tag, manifest_digest, since, until FROM tag_history WHERE repository = $1 \
               ORDER BY since DESC, tag LIMIT $2";
    tx.query(sql, &values![repository, limit])?.iter().map(tagged).collect()
}

/// The tags that point somewhere now, by name behind `after`.
///
/// # Errors
/// What the database says.
pub fn current_tags(
    tx: &mut Tx<'_>,
    repository: i64,
    after: &str,
    limit: u32,
) -> Result<Vec<Tagged>, StoreError> {
    let sql = "SELECT tag, manifest_digest, since, until FROM tag_history WHERE repository = $1 AND until IS NULL \
               AND tag > $2 ORDER BY tag LIMIT $3";
    tx.query(sql, &values![repository, after, limit])?.iter().map(tagged).collect()
}

/// A digest, of a manifest or an index, names this content.
///
/// # Errors
/// What the database says.
pub fn name(
    tx: &mut Tx<'_>,
    registry: &str,
    repository: &str,
    digest: &str,
    config_digest: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO image_name (registry, repository, digest, config_digest) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (registry, repository, digest, config_digest) DO NOTHING";
    tx.execute(sql, &values![registry, repository, digest, config_digest]).map(drop)
}

/// The contents that a digest names in a repository.
///
/// # Errors
/// What the database says.
pub fn named(
    tx: &mut Tx<'_>,
    registry: &str,
    repository: &str,
    digest: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT config_digest FROM image_name WHERE registry = $1 AND repository = $2 AND digest = $3 \
               ORDER BY config_digest";
    tx.query(sql, &values![registry, repository, digest])?.iter().map(|row| row.get(0)).collect()
}

/// The manifests whose content an index names, as far as they lie in its repository.
///
/// # Errors
/// What the database says.
pub fn manifests_of(
    tx: &mut Tx<'_>,
    registry: &str,
    repository: &str,
    index: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT m.digest FROM image_name i JOIN image_name m ON m.registry = i.registry \
               AND m.repository = i.repository AND m.config_digest = i.config_digest AND m.digest <> i.digest \
               JOIN repository r ON r.name = i.repository \
               JOIN registry g ON g.id = r.registry AND g.name = i.registry \
               JOIN placement p ON p.repository = r.id AND p.manifest_digest = m.digest \
               WHERE i.registry = $1 AND i.repository = $2 AND i.digest = $3 ORDER BY m.digest";
    tx.query(sql, &values![registry, repository, index])?.iter().map(|row| row.get(0)).collect()
}

/// Ties all placements of a manifest to its content, once that is in the store. Gives the numbers of those for which that is
/// new.
///
/// # Errors
/// What the database says.
pub fn link(tx: &mut Tx<'_>, manifest_digest: &str, config_digest: &str) -> Result<Vec<i64>, StoreError> {
    tx.touch();
    let sql = "UPDATE placement SET image = i.id, due = 1 FROM image i WHERE i.config_digest = $2 \
               AND placement.manifest_digest = $1 AND (placement.image IS NULL OR placement.image <> i.id) \
               RETURNING placement.id";
    let rows = tx.query(sql, &values![manifest_digest, config_digest])?;
    let mut linked: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    linked.sort_unstable();
    Ok(linked)
}

/// One place of an image, as those are told of it who may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The placement's number.
    pub id: i64,
    /// Its scope.
    pub scope: String,
}

/// The place with this asset's id.
///
/// # Errors
/// What the database says.
pub fn of_asset(tx: &mut Tx<'_>, asset_id: &str) -> Result<Option<Place>, StoreError> {
    let row = tx.query_opt("SELECT id, scope FROM placement WHERE asset_id = $1", &values![asset_id])?;
    row.map(|row| Ok(Place { id: row.get(0)?, scope: row.get(1)? })).transpose()
}

/// Somebody asked for a scan of this place: its trigger and its evidence from now on.
///
/// # Errors
/// What the database says.
pub fn asked_for(tx: &mut Tx<'_>, id: i64, evidence: &str) -> Result<(), StoreError> {
    let sql = "UPDATE placement SET trigger = $2, evidence_json = $3 WHERE id = $1";
    tx.execute(sql, &values![id, Trigger::Manual.as_str(), evidence]).map(drop)
}

/// The places of a manifest.
///
/// # Errors
/// What the database says.
pub fn places(tx: &mut Tx<'_>, manifest_digest: &str) -> Result<Vec<Place>, StoreError> {
    let sql = "SELECT id, scope FROM placement WHERE manifest_digest = $1 ORDER BY id";
    let rows = tx.query(sql, &values![manifest_digest])?;
    rows.iter().map(|row| Ok(Place { id: row.get(0)?, scope: row.get(1)? })).collect()
}

/// Is this content catalogued already, by the hub itself and with cataloguers of at least this version? What a pipeline
/// sent does not count: whoever sends it could keep the hub from looking.
///
/// # Errors
/// What the database says.
pub fn is_catalogued(tx: &mut Tx<'_>, config_digest: &str, cataloguer: u32) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM image WHERE config_digest = $1 AND catalogued_at IS NOT NULL AND cataloguer >= $2 AND told = 0";
    Ok(tx.query_opt(sql, &values![config_digest, cataloguer])?.is_some())
}

/// Notes why an image could not be scanned, as JSON of problems, and ties its placements to it. What an earlier scan found
/// stays as it is, its own problems too: an older answer is worth more than none.
///
/// # Errors
/// What the database says.
pub fn failed(
    tx: &mut Tx<'_>,
    manifest_digest: &str,
    config_digest: &str,
    problems: &str,
    now: Micros,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO image (config_digest, problems_json, first_seen, last_seen) VALUES ($1, $2, $3, $3) \
               ON CONFLICT (config_digest) DO UPDATE SET last_seen = excluded.last_seen, \
               problems_json = CASE WHEN image.catalogued_at IS NULL THEN excluded.problems_json \
               ELSE image.problems_json END RETURNING id";
    let image = tx.query_one(sql, &values![config_digest, problems, now])?.get(0)?;
    link(tx, manifest_digest, config_digest)?;
    assessments::mark_image_due(tx, image)
}

/// Repositories of a registry that were not seen since `before`, by name behind `after`.
///
/// # Errors
/// What the database says.
pub fn repositories_unseen(
    tx: &mut Tx<'_>,
    registry: i64,
    before: Micros,
    after: &str,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM repository WHERE registry = $1 AND last_seen < $2 AND name > $3 ORDER BY name LIMIT $4";
    tx.query(sql, &values![registry, before, after, limit])?.iter().map(|row| row.get(0)).collect()
}

/// Placements of a registry that are there, and whose content was read by older cataloguers than `cataloguer` or not at
/// all, by number behind `after`: with the identity of their content, where it is known. What could not be read after
/// `failed` is left alone: it would fail again.
///
/// # Errors
/// What the database says.
pub fn outdated(
    tx: &mut Tx<'_>,
    registry: i64,
    cataloguer: u32,
    failed: Micros,
    after: i64,
    limit: u32,
) -> Result<Vec<(Placement, String)>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, n.config_digest FROM placement p JOIN repository r ON r.id = p.repository \
         JOIN registry g ON g.id = r.registry \
         JOIN image_name n ON n.registry = g.name AND n.repository = r.name AND n.digest = p.manifest_digest \
         LEFT JOIN image i ON i.id = p.image \
         WHERE r.registry = $1 AND p.gone IS NULL AND p.id > $3 \
         AND (i.id IS NULL OR i.cataloguer IS NULL OR i.cataloguer < $2 OR i.told = 1) \
         AND (i.id IS NULL OR i.last_seen < $5 OR i.last_seen <= i.catalogued_at) ORDER BY p.id LIMIT $4"
    );
    let rows = tx.query(&sql, &values![registry, cataloguer, after, limit, failed])?;
    rows.iter().map(|row| Ok((read(row)?, row.get(13)?))).collect()
}
