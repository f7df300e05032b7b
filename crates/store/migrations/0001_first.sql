-- The first tables. Words are those of `Dialect::migration`: IDENTITY (a numbered primary key, never used again), TEXT
-- (ordered bytewise), BIGINT, DOUBLE, BLOB. Times are µs since 1970 (UTC), truth values are 0 and 1. What is released
-- here is never edited: a change is a new migration.
--
-- Numbers instead of words where there are many rows or where they give an order: a severity is 0 unknown, 1 negligible,
-- 2 low, 3 medium, 4 high, 5 critical (`model::Severity` in its own order, so that ORDER BY puts the worst first).

---------------------------------------------------------------- scopes

-- A node of the tree on which assets, roles, plans, exemptions and scores hang. The id is its path (`org/shop`), so that
-- "this scope and all below it" is a range of the primary key. The root is the empty path and is always there.
CREATE TABLE scope (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT REFERENCES scope (id),
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    CHECK ((parent IS NULL) = (id = ''))
) STRICT;
CREATE INDEX scope_parent ON scope (parent);
INSERT INTO scope (id, parent, name, created) VALUES ('', NULL, 'All', 0);

-- The team that fixes an asset.
CREATE TABLE owner (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    contact TEXT NOT NULL DEFAULT ''
) STRICT;

-- Which scope and owner an asset gets: the first rule that matches, by position. Few rows, read as a whole.
CREATE TABLE scope_rule (
    position BIGINT NOT NULL PRIMARY KEY,
    -- The registry's name; NULL: of any registry.
    registry TEXT,
    -- Whole parts of a path: `shop` is the beginning of `shop/web`, not of `shopping`. Empty: all.
    repository_prefix TEXT NOT NULL DEFAULT '',
    scope TEXT NOT NULL REFERENCES scope (id),
    owner TEXT REFERENCES owner (id)
) STRICT;
CREATE INDEX scope_rule_scope ON scope_rule (scope);
CREATE INDEX scope_rule_owner ON scope_rule (owner);

-- What is protected: said on a scope, and inherited below until said otherwise.
CREATE TABLE plan (
    scope TEXT NOT NULL REFERENCES scope (id) ON DELETE CASCADE,
    plan TEXT NOT NULL,
    is_on BIGINT NOT NULL CHECK (is_on IN (0, 1)),
    PRIMARY KEY (scope, plan)
) STRICT;

---------------------------------------------------------------- who may

CREATE TABLE app_user (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- argon2id, as the PHC string.
    password_hash TEXT NOT NULL,
    created BIGINT NOT NULL,
    disabled BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT;

-- A role of a user or token on a scope and all below it. No reference to either table: it points at one of two.
CREATE TABLE grant_on_scope (
    principal_kind TEXT NOT NULL CHECK (principal_kind IN ('user', 'token')),
    principal TEXT NOT NULL,
    scope TEXT NOT NULL REFERENCES scope (id),
    role TEXT NOT NULL,
    PRIMARY KEY (principal_kind, principal, scope)
) STRICT;
CREATE INDEX grant_on_scope_scope ON grant_on_scope (scope);

-- A session of a browser. The table knows the hash alone: a copy of it opens no session.
CREATE TABLE session (
    id_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
) STRICT;
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_expires ON session (expires);

-- A machine's credential; its id is a part of the token, so that one row is looked up and one hash compared.
CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- NULL: without an end.
    expires BIGINT,
    created_by TEXT NOT NULL REFERENCES app_user (id),
    revoked BIGINT NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
) STRICT;
CREATE INDEX api_token_created ON api_token (created, id);
CREATE INDEX api_token_created_by ON api_token (created_by);

-- The one-time link of the first start: one row at most.
CREATE TABLE setup_link (
    hash TEXT NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT;

-- Who changed what. Written in the transaction of the change; never changed. No references: it outlives what it is about.
CREATE TABLE audit (
    id IDENTITY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before_json TEXT,
    after_json TEXT,
    undo_of BIGINT REFERENCES audit (id),
    request_id TEXT
) STRICT;
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_subject ON audit (subject, at);
CREATE INDEX audit_actor ON audit (actor, at);
-- A change is undone once.
CREATE UNIQUE INDEX audit_undo_of ON audit (undo_of) WHERE undo_of IS NOT NULL;

---------------------------------------------------------------- registries and places

CREATE TABLE registry (
    id IDENTITY,
    -- A part of asset ids: it does not change.
    name TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT '' REFERENCES scope (id),
    -- Filters, CA, concurrency, how often it is polled: read as a whole.
    settings_json TEXT NOT NULL DEFAULT '{}',
    -- Credentials, encrypted with the key file. NULL: none.
    secret_sealed BLOB,
    created BIGINT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'ok', 'failing', 'paused')),
    -- Why it is failing, for people.
    state_detail TEXT,
    state_since BIGINT NOT NULL,
    -- Where the next poll goes on within the catalogue; NULL: from the beginning.
    poll_cursor TEXT,
    polled_at BIGINT,
    -- The last notification; NULL: none ever came, so that times of pulls are not known.
    notified_at BIGINT,
    -- Does it tell of pulls? NULL: not known yet.
    tells_pulls BIGINT CHECK (tells_pulls IN (0, 1)),
    -- The team that runs it.
    owner TEXT REFERENCES owner (id),
    -- What was seen of it that controls judge: how it answered, whether it took an upload from nobody.
    observed_json TEXT NOT NULL DEFAULT '{}',
    -- Something that its assessments hang on changed since they were made.
    due BIGINT NOT NULL DEFAULT 1 CHECK (due IN (0, 1))
) STRICT;
CREATE INDEX registry_scope ON registry (scope);
CREATE INDEX registry_owner ON registry (owner);
CREATE INDEX registry_due ON registry (id) WHERE due = 1;

CREATE TABLE repository (
    id IDENTITY,
    registry BIGINT NOT NULL REFERENCES registry (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    UNIQUE (registry, name)
) STRICT;
CREATE INDEX repository_name ON repository (name);

-- Content, by the digest of its configuration: one row however many names and places it has.
CREATE TABLE image (
    id IDENTITY,
    config_digest TEXT NOT NULL UNIQUE,
    -- What is no image (a host's root file system) is stored like one, under a digest that stands for it.
    kind TEXT NOT NULL DEFAULT 'image' CHECK (kind IN ('image', 'rootfs', 'source', 'sbom')),
    os TEXT,
    arch TEXT,
    -- The distribution and its release, as of os-release; NULL: none was found.
    distro TEXT,
    distro_version TEXT,
    -- What the image says of itself.
    created_at BIGINT,
    size BIGINT NOT NULL DEFAULT 0,
    -- The base is the first so many layers, and its name is what the image tells; NULL: not known.
    base_layers BIGINT,
    base_name TEXT,
    config_json TEXT NOT NULL DEFAULT '{}',
    packages BIGINT NOT NULL DEFAULT 0,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    -- NULL: not catalogued yet, or the scan failed (see problems_json).
    catalogued_at BIGINT,
    -- The version of the cataloguers: bytes are read again only when it has grown.
    cataloguer BIGINT,
    -- A pipeline sent it and the hub has not read the bytes: its own scan takes its place.
    told BIGINT NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    problems_json TEXT NOT NULL DEFAULT '[]',
    -- What controls judge beside configuration and packages: set-uid files, what could not be identified, names.
    facts_json TEXT NOT NULL DEFAULT '{}',
    -- The summary, kept up to date by whoever changes matches: lists sort and filter by it.
    critical BIGINT NOT NULL DEFAULT 0,
    high BIGINT NOT NULL DEFAULT 0,
    medium BIGINT NOT NULL DEFAULT 0,
    low BIGINT NOT NULL DEFAULT 0,
    negligible BIGINT NOT NULL DEFAULT 0,
    unknown BIGINT NOT NULL DEFAULT 0,
    -- Shown apart and not counted above.
    apart BIGINT NOT NULL DEFAULT 0,
    fixable BIGINT NOT NULL DEFAULT 0,
    kev BIGINT NOT NULL DEFAULT 0
) STRICT;
-- "Worst first".
CREATE INDEX image_risk ON image (critical, high, medium, id);
CREATE INDEX image_distro ON image (distro, distro_version);

-- Where content lies: the asset. Known by its manifest before it was scanned, hence an image that may be NULL.
CREATE TABLE placement (
    id IDENTITY,
    image BIGINT REFERENCES image (id),
    -- `registry/<name>/<repository>@sha256:…`, `host/<name>/image/<digest>`, `published/<name>@…`.
    asset_id TEXT NOT NULL UNIQUE,
    -- NULL where it lies in no registry that is connected.
    repository BIGINT REFERENCES repository (id) ON DELETE CASCADE,
    manifest_digest TEXT NOT NULL,
    scope TEXT NOT NULL REFERENCES scope (id),
    owner TEXT REFERENCES owner (id),
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    -- Since when it is not there any more; NULL: it is there.
    gone BIGINT,
    pushed_at BIGINT,
    pulled_at BIGINT,
    imported_at BIGINT,
    -- What made it known or be scanned last, and the evidence of it.
    trigger TEXT NOT NULL CHECK (trigger IN ('push', 'pull', 'import', 'poll', 'event', 'manual', 'publish', 'host')),
    evidence_json TEXT,
    -- Workflow, run, branch and commit of what a pipeline sent.
    publish_json TEXT,
    -- Something that its assessments hang on changed since they were made: whoever changes it says so in the same
    -- transaction (`assessments::mark_…`).
    due BIGINT NOT NULL DEFAULT 1 CHECK (due IN (0, 1))
) STRICT;
-- In this order they are judged: what lies together is summed up together.
CREATE INDEX placement_due ON placement (repository, id) WHERE due = 1;
-- With what says whose it is and who may see it, so that all places of an image that is everywhere are read from it alone.
CREATE INDEX placement_image ON placement (image, gone, scope, owner);
CREATE INDEX placement_scope ON placement (scope, gone);
CREATE INDEX placement_owner ON placement (owner);
CREATE INDEX placement_repository ON placement (repository, manifest_digest);
CREATE INDEX placement_digest ON placement (manifest_digest);
CREATE INDEX placement_pulled ON placement (pulled_at);
CREATE INDEX placement_seen ON placement (last_seen, id);

-- How the digest in a registry's event, a daemon's image id and a pod's digest meet. Names, not numbers: an image may be
-- named by what is not connected here.
CREATE TABLE image_name (
    registry TEXT NOT NULL,
    repository TEXT NOT NULL,
    -- Of a manifest or an index.
    digest TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    -- An index names one image a platform.
    PRIMARY KEY (registry, repository, digest, config_digest)
) STRICT;
CREATE INDEX image_name_digest ON image_name (digest);
CREATE INDEX image_name_config ON image_name (config_digest);

CREATE TABLE tag_history (
    repository BIGINT NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    manifest_digest TEXT NOT NULL,
    since BIGINT NOT NULL,
    -- NULL: it points there now.
    until BIGINT,
    PRIMARY KEY (repository, tag, since)
) STRICT;
CREATE INDEX tag_history_digest ON tag_history (repository, manifest_digest);
-- A tag points at one digest at a time.
CREATE UNIQUE INDEX tag_history_now ON tag_history (repository, tag) WHERE until IS NULL;

---------------------------------------------------------------- packages and what is known of them

-- What one version of the cataloguers found in one layer: stored once for all images that have the layer.
CREATE TABLE unit (
    id IDENTITY,
    diff_id TEXT NOT NULL,
    cataloguer BIGINT NOT NULL,
    UNIQUE (diff_id, cataloguer)
) STRICT;

CREATE TABLE image_layer (
    image BIGINT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    diff_id TEXT NOT NULL,
    -- NULL: an equal layer stands below, and what it brings is there already.
    unit BIGINT REFERENCES unit (id),
    created_by TEXT,
    size BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (image, position)
) WITHOUT ROWID, STRICT;
-- "Who is hit": from a unit to its images.
CREATE INDEX image_layer_unit ON image_layer (unit, image);
-- Lineage: images that share a layer at that position. Position -1 is no layer: what is of the image as a whole.
CREATE INDEX image_layer_diff ON image_layer (diff_id, position, image);

-- A package together with all that judging it depends on beyond the image: stored once for the fleet.
CREATE TABLE subject (
    id IDENTITY,
    -- Over all that tells two subjects apart.
    hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    -- Of its first look-up; empty where no database could judge it, or there are no releases.
    ecosystem TEXT NOT NULL,
    release TEXT NOT NULL,
    source_name TEXT NOT NULL,
    source_version TEXT NOT NULL,
    purl TEXT NOT NULL,
    presence TEXT NOT NULL CHECK (presence IN ('installed', 'declared')),
    -- The subject as the matcher reads it.
    context_json TEXT NOT NULL,
    -- What the database could say about it: a slug of `vulndb::CoverageState`.
    coverage TEXT NOT NULL,
    first_seen BIGINT NOT NULL
) STRICT;
-- Software: package → versions.
CREATE INDEX subject_software ON subject (kind, name, version);
CREATE INDEX subject_by_name ON subject (name, kind);
CREATE INDEX subject_source ON subject (ecosystem, source_name);

-- A name under which subjects are looked up in the database of advisories.
CREATE TABLE lookup_name (
    id IDENTITY,
    ecosystem TEXT NOT NULL,
    release TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('source', 'binary')),
    name TEXT NOT NULL,
    -- Hash of what was said under it when all its subjects were judged; NULL: nothing.
    content BIGINT,
    UNIQUE (ecosystem, release, kind, name)
) STRICT;

CREATE TABLE name_subject (
    name BIGINT NOT NULL REFERENCES lookup_name (id) ON DELETE CASCADE,
    subject BIGINT NOT NULL REFERENCES subject (id) ON DELETE CASCADE,
    PRIMARY KEY (name, subject)
) WITHOUT ROWID, STRICT;
CREATE INDEX name_subject_subject ON name_subject (subject);

-- Where packages lie in layers, stored once for the fleet: the same paths stand in thousands of them.
CREATE TABLE place (
    id IDENTITY,
    -- Over the paths and, where one package lies in the same ones twice, its turn.
    hash BIGINT NOT NULL UNIQUE,
    -- Paths of the files that show a package, best first.
    evidence_json TEXT NOT NULL
) STRICT;

-- The packages of a unit: all that any image showed to come from that layer. By far the most rows: numbers only.
CREATE TABLE unit_subject (
    id IDENTITY,
    unit BIGINT NOT NULL REFERENCES unit (id) ON DELETE CASCADE,
    subject BIGINT NOT NULL REFERENCES subject (id),
    -- One package may lie in several places of a layer. No reference, which would want an index: `units::sweep` removes
    -- places that nothing has.
    place BIGINT NOT NULL,
    UNIQUE (unit, subject, place)
) STRICT;
CREATE INDEX unit_subject_subject ON unit_subject (subject, unit);

-- What an image does not have of its units: removed or changed by a later layer, or judged otherwise in it.
CREATE TABLE image_hidden (
    image BIGINT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    unit_subject BIGINT NOT NULL REFERENCES unit_subject (id) ON DELETE CASCADE,
    PRIMARY KEY (image, unit_subject)
) WITHOUT ROWID, STRICT;
CREATE INDEX image_hidden_of ON image_hidden (unit_subject);

-- One row: whoever writes catalogues or matches changes it first, so that one does it at a time (see `units::lock`).
CREATE TABLE catalogue_lock (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    turn BIGINT NOT NULL
) STRICT;
INSERT INTO catalogue_lock (id, turn) VALUES (1, 0);

CREATE TABLE vulnerability (
    id TEXT NOT NULL PRIMARY KEY,
    aliases_json TEXT NOT NULL DEFAULT '[]',
    summary TEXT NOT NULL DEFAULT '',
    severity BIGINT NOT NULL CHECK (severity BETWEEN 0 AND 5),
    kev BIGINT NOT NULL DEFAULT 0 CHECK (kev IN (0, 1)),
    -- Probability, 0 to 1; NULL: no source gives it.
    epss DOUBLE,
    published BIGINT,
    detail_json TEXT NOT NULL DEFAULT '{}',
    -- Hashes of what was known of the CVE beside advisories when all its subjects were judged: of what decides a verdict,
    -- and of all. NULL: nothing was known.
    verdict_hash BIGINT,
    content_hash BIGINT
) STRICT;
CREATE INDEX vulnerability_severity ON vulnerability (severity, id);

-- Each name by which a vulnerability goes, its own included: a search by any of them is one look-up.
CREATE TABLE vulnerability_alias (
    alias TEXT NOT NULL,
    vulnerability TEXT NOT NULL REFERENCES vulnerability (id) ON DELETE CASCADE,
    PRIMARY KEY (alias, vulnerability)
) STRICT;
CREATE INDEX vulnerability_alias_of ON vulnerability_alias (vulnerability);

-- A verdict on a subject: it holds in every image that has the subject.
CREATE TABLE match (
    subject BIGINT NOT NULL REFERENCES subject (id) ON DELETE CASCADE,
    vulnerability TEXT NOT NULL REFERENCES vulnerability (id),
    severity BIGINT NOT NULL CHECK (severity BETWEEN 0 AND 5),
    class TEXT NOT NULL,
    -- 'counts', or why it is shown apart (the slugs of `model::ApartReason`).
    judgement TEXT NOT NULL,
    fix_status TEXT NOT NULL,
    -- The version with the fix; where there is none, the source's reason, or nothing.
    fixed_version TEXT NOT NULL DEFAULT '',
    -- What to do, in words.
    remedy TEXT NOT NULL DEFAULT '',
    kev BIGINT NOT NULL DEFAULT 0 CHECK (kev IN (0, 1)),
    first_seen BIGINT NOT NULL,
    -- Since when it does not hold any more; NULL: it holds.
    gone BIGINT,
    PRIMARY KEY (subject, vulnerability)
) STRICT;
CREATE INDEX match_vulnerability ON match (vulnerability, subject);
-- New since yesterday; gone since yesterday.
CREATE INDEX match_first_seen ON match (first_seen);
CREATE INDEX match_gone ON match (gone) WHERE gone IS NOT NULL;

-- The databases of advisories that were matched against, newest last.
CREATE TABLE database_generation (
    id IDENTITY,
    -- An older database may come back: not unique.
    hash TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    -- The newest statement in it: how old its data is.
    newest BIGINT,
    records BIGINT NOT NULL,
    -- What the comparison with the next one needs.
    basis_json TEXT NOT NULL DEFAULT '{}'
) STRICT;

---------------------------------------------------------------- posture

-- An asset as a whole: of an image by its controls, of a repository by its images, of a registry by its own controls and
-- its images. What is gone, or was not judged yet, has no row.
CREATE TABLE asset_state (
    id IDENTITY,
    asset_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('image', 'repository', 'registry')),
    -- The one of the three that is of its kind.
    placement BIGINT UNIQUE REFERENCES placement (id) ON DELETE CASCADE,
    repository BIGINT UNIQUE REFERENCES repository (id) ON DELETE CASCADE,
    registry BIGINT UNIQUE REFERENCES registry (id) ON DELETE CASCADE,
    -- As they were when it was judged: derived, so that they hold nobody up who deletes one.
    scope TEXT NOT NULL,
    owner TEXT,
    state TEXT NOT NULL CHECK (state IN ('healthy', 'unhealthy', 'not_applicable', 'not_assessed')),
    -- Why, in one line for people; empty only where it is healthy.
    cause TEXT NOT NULL DEFAULT '',
    -- Its parts by state: of an image the controls that count, of the others the images.
    healthy BIGINT NOT NULL DEFAULT 0,
    unhealthy BIGINT NOT NULL DEFAULT 0,
    not_applicable BIGINT NOT NULL DEFAULT 0,
    not_assessed BIGINT NOT NULL DEFAULT 0,
    -- What each control of its kind says, one letter each in the order of their ids (h, u, a: not assessed, n: not
    -- applicable, e: exempt): a fleet has few different ones, so that a score is a sum over few rows. Empty where none is
    -- assessed on the kind.
    states TEXT NOT NULL DEFAULT '',
    -- In this state since.
    since BIGINT NOT NULL,
    evaluated BIGINT NOT NULL
) STRICT;
CREATE INDEX asset_state_score ON asset_state (scope, kind, states);
CREATE INDEX asset_state_kind ON asset_state (kind, state, scope);
CREATE INDEX asset_state_owner ON asset_state (owner, kind);

-- What a control says of an asset. Healthy only where it was looked at, with data. What is gone has no row. Many rows an
-- asset, so they name it by its number.
CREATE TABLE assessment (
    asset BIGINT NOT NULL REFERENCES asset_state (id) ON DELETE CASCADE,
    control TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('healthy', 'unhealthy', 'not_applicable', 'not_assessed')),
    -- Why: codes for filters and texts for people, as a JSON list; empty only where the state says it all.
    causes_json TEXT NOT NULL DEFAULT '[]',
    -- What else to know, as a JSON list: changes no state.
    notes_json TEXT NOT NULL DEFAULT '[]',
    -- Findings that count.
    findings BIGINT NOT NULL DEFAULT 0,
    -- Findings that rules hide from it.
    hidden BIGINT NOT NULL DEFAULT 0,
    -- The exemption that acts, and what would be without it.
    exemption BIGINT,
    exempt_state TEXT CHECK (exempt_state IN ('unhealthy', 'not_assessed')),
    exempt_findings BIGINT NOT NULL DEFAULT 0,
    -- When it was last evaluated stands once for all controls, in asset_state.
    first_evaluated BIGINT NOT NULL,
    -- In this state since.
    changed BIGINT NOT NULL,
    PRIMARY KEY (asset, control)
) WITHOUT ROWID, STRICT;
CREATE INDEX assessment_control ON assessment (control, state, asset);
CREATE INDEX assessment_exemption ON assessment (exemption) WHERE exemption IS NOT NULL;
CREATE INDEX assessment_hidden ON assessment (control, asset) WHERE hidden > 0;

-- What the images of a repository that are there sum up to, kept by who judges; by scope, for who may see a part sums up
-- that part. True where no image of the repository is due: whoever changes one marks it (`watched::sums`).
CREATE TABLE repository_sum (
    repository BIGINT NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    images BIGINT NOT NULL,
    -- Images by state.
    healthy BIGINT NOT NULL,
    unhealthy BIGINT NOT NULL,
    not_applicable BIGINT NOT NULL,
    not_assessed BIGINT NOT NULL,
    -- The sums of their findings: one that is in two images counts twice.
    critical BIGINT NOT NULL,
    high BIGINT NOT NULL,
    medium BIGINT NOT NULL,
    low BIGINT NOT NULL,
    negligible BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    apart BIGINT NOT NULL,
    fixable BIGINT NOT NULL,
    kev BIGINT NOT NULL,
    PRIMARY KEY (repository, scope)
) WITHOUT ROWID, STRICT;

-- How many findings of an asset a rule hides.
CREATE TABLE asset_hidden (
    asset_id TEXT NOT NULL,
    rule BIGINT NOT NULL,
    findings BIGINT NOT NULL,
    PRIMARY KEY (asset_id, rule)
) WITHOUT ROWID, STRICT;
CREATE INDEX asset_hidden_rule ON asset_hidden (rule, asset_id);

-- By what the fleet was judged last: where it differs, all is judged again. One row.
CREATE TABLE judged_by (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    -- Controls, database and day.
    basis TEXT NOT NULL,
    -- Rules and exemptions that ended until then were taken into account.
    at BIGINT NOT NULL
) STRICT;
INSERT INTO judged_by (id, basis, at) VALUES (1, '', 0);

-- A control is excused on a scope or an asset.
CREATE TABLE exemption (
    id IDENTITY,
    control TEXT NOT NULL,
    -- One of the two.
    scope TEXT REFERENCES scope (id),
    asset_id TEXT,
    category TEXT NOT NULL CHECK (category IN ('mitigated', 'waiver')),
    reason TEXT NOT NULL,
    expires BIGINT,
    created BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    -- Kept when it is taken away: what was excused until when can be told later.
    removed BIGINT,
    removed_by TEXT,
    CHECK ((scope IS NULL) <> (asset_id IS NULL))
) STRICT;
CREATE INDEX exemption_control ON exemption (control, removed);
CREATE INDEX exemption_scope ON exemption (scope);
CREATE INDEX exemption_asset ON exemption (asset_id);

-- Findings that are not counted, by criteria.
CREATE TABLE disable_rule (
    id IDENTITY,
    name TEXT NOT NULL,
    scope TEXT NOT NULL REFERENCES scope (id),
    -- NULL: of every control.
    control TEXT,
    criteria_json TEXT NOT NULL,
    justification TEXT NOT NULL,
    expires BIGINT,
    created BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    removed BIGINT,
    removed_by TEXT
) STRICT;
CREATE INDEX disable_rule_scope ON disable_rule (scope, removed);

-- The score of a day.
CREATE TABLE score_snapshot (
    -- Days since 1970-01-01 (UTC).
    day BIGINT NOT NULL,
    scope TEXT NOT NULL REFERENCES scope (id) ON DELETE CASCADE,
    -- Empty: of all groups together. Also the id of a control, with its assets and without points: ids of controls have a
    -- dot, those of groups have none.
    control_group TEXT NOT NULL,
    current DOUBLE NOT NULL,
    max DOUBLE NOT NULL,
    healthy BIGINT NOT NULL,
    unhealthy BIGINT NOT NULL,
    PRIMARY KEY (scope, control_group, day)
) STRICT;

-- How far a fix got: what was to be done, and what of it arrived. Its images lie in one packed value, for a fleet has a
-- hundred times as many pairs of fix and image as images, and nobody asks for a single one.
CREATE TABLE fix (
    id TEXT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    -- Since when nothing is left to do.
    done BIGINT,
    shown_json TEXT NOT NULL,
    images BLOB NOT NULL
) STRICT;

---------------------------------------------------------------- work

CREATE TABLE job (
    id IDENTITY,
    kind TEXT NOT NULL,
    -- Of jobs with one key, one is unfinished.
    dedupe_key TEXT,
    -- Of jobs with one lane, so many run at once as the claimer allows (a registry); NULL: no bound.
    lane TEXT,
    -- Larger goes first.
    priority BIGINT NOT NULL DEFAULT 0,
    payload_json TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'dead')),
    attempts BIGINT NOT NULL DEFAULT 0,
    max_attempts BIGINT NOT NULL CHECK (max_attempts > 0),
    not_before BIGINT NOT NULL,
    leased_by TEXT,
    lease_until BIGINT,
    last_error TEXT,
    created BIGINT NOT NULL,
    finished BIGINT,
    CHECK ((state = 'leased') = (lease_until IS NOT NULL AND leased_by IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (finished IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX job_dedupe ON job (dedupe_key) WHERE state IN ('queued', 'leased') AND dedupe_key IS NOT NULL;
-- The claim: the next job, in order; finished ones do not make it longer.
-- Lanes that are full are passed over in the index alone.
CREATE INDEX job_next ON job (priority DESC, id, not_before, kind, lane) WHERE state = 'queued';
CREATE INDEX job_leased ON job (lane, lease_until) WHERE state = 'leased';
CREATE INDEX job_lane ON job (lane) WHERE state IN ('queued', 'leased');
CREATE INDEX job_state ON job (state, id);
CREATE INDEX job_finished ON job (finished) WHERE finished IS NOT NULL;

-- Events that were taken in: a second delivery of one is known by its id.
CREATE TABLE notification_event (
    id TEXT NOT NULL PRIMARY KEY,
    registry BIGINT NOT NULL REFERENCES registry (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body_hash BLOB NOT NULL
) STRICT;
CREATE INDEX notification_event_at ON notification_event (at);
CREATE INDEX notification_event_registry ON notification_event (registry, at);

-- Something that people should know: one row however often it happens.
CREATE TABLE notice (
    id IDENTITY,
    -- What it is grouped by: kind, thing and scope.
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT '' REFERENCES scope (id) ON DELETE CASCADE,
    severity BIGINT NOT NULL CHECK (severity BETWEEN 0 AND 5),
    title TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    -- Where the console shows what it is about.
    link TEXT NOT NULL,
    first BIGINT NOT NULL,
    -- When it last began anew: what was seen before is unread again.
    raised BIGINT NOT NULL,
    last BIGINT NOT NULL,
    count BIGINT NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX notice_last ON notice (last, id);
CREATE INDEX notice_scope ON notice (scope);

-- Who has seen a notice, and when last.
CREATE TABLE notice_seen (
    notice BIGINT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    PRIMARY KEY (notice, user_id)
) WITHOUT ROWID, STRICT;
CREATE INDEX notice_seen_user ON notice_seen (user_id);

CREATE TABLE webhook (
    id IDENTITY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT '' REFERENCES scope (id),
    -- The key that signs deliveries, encrypted with the key file.
    secret_sealed BLOB,
    settings_json TEXT NOT NULL DEFAULT '{}',
    is_on BIGINT NOT NULL DEFAULT 1 CHECK (is_on IN (0, 1)),
    created BIGINT NOT NULL
) STRICT;
CREATE INDEX webhook_scope ON webhook (scope);

-- A notice on its way to a webhook. What the receiver answers is not kept but for its status.
CREATE TABLE webhook_delivery (
    id IDENTITY,
    webhook BIGINT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    -- NULL: a test that somebody asked for.
    notice BIGINT REFERENCES notice (id) ON DELETE CASCADE,
    -- What is sent, byte by byte.
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    status BIGINT,
    last_error TEXT,
    created BIGINT NOT NULL,
    -- When it is tried next; while it is being sent, when it is taken back from who never came to an end.
    next_at BIGINT NOT NULL,
    finished BIGINT,
    CHECK ((state = 'waiting') = (finished IS NULL))
) STRICT;
CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook, id);
CREATE INDEX webhook_delivery_notice ON webhook_delivery (notice);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (next_at, id) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_finished ON webhook_delivery (finished) WHERE finished IS NOT NULL;
