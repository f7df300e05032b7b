//! Why a package is affected or not, from the database of advisories, in the words of the interface.

use super::wire;
use crate::matching::Subject;
use api::image::{Advisory, Evidence, FindingPackage, LayerPlace, Rating, Verdict};
use model::{FixStatus, Severity};
use package::{NameKind, PackageIndex};
use std::collections::HashMap;
use vulndb::{Context, Database, Explanation, Lookup, Said};

/// A package of an image, as far as an explanation needs it.
pub(super) struct Asked<'a> {
    /// The package.
    pub(super) package: FindingPackage,
    /// What judging it depends on, as it is stored.
    pub(super) context: &'a str,
    /// Its layer.
    pub(super) layer: Option<LayerPlace>,
    /// Files that show it.
    pub(super) paths: Vec<String>,
}

/// Explains one vulnerability for many packages.
pub(super) struct Explainer<'a> {
    database: &'a Database,
    id: &'a str,
    /// A page about each record, by source and id.
    pages: HashMap<(String, String), String>,
}

impl<'a> Explainer<'a> {
    /// # Errors
    /// When the database is damaged.
    pub(super) fn new(database: &'a Database, id: &'a str) -> Result<Self, vulndb::Error> {
        let mut pages = HashMap::new();
        for (record, _) in database.records(id)? {
            if let Some(url) = page(&record.references) {
                pages.insert((record.source, record.id), url);
            }
        }
        Ok(Self { database, id, pages })
    }

    /// What the database says of a package; `None` for a context that no version of this program wrote.
    pub(super) fn explanation(&self, context: &str) -> Option<Explanation> {
        let subject = Subject::from_json(context).ok()?;
        // Whoever owns or carries the package stands behind it; the package itself is the first.
        let why = self.database.why(
            self.id,
            &subject.catalogue(),
            Some(&subject.package.name),
            &Context { judge: subject.judge() },
        );
        why.packages.into_iter().find(|explanation| explanation.package == PackageIndex(0))
    }

    /// The evidence for a package.
    pub(super) fn evidence(&self, asked: Asked<'_>) -> Evidence {
        let explanation = self.explanation(asked.context);
        let mut evidence = Evidence {
            sentence: String::new(),
            vulnerability: self.id.to_owned(),
            instruction: asked.layer.as_ref().and_then(|layer| layer.created_by.clone()),
            package: asked.package,
            layer: asked.layer,
            paths: asked.paths,
            advisories: Vec::new(),
            ratings: Vec::new(),
            reasons: Vec::new(),
            verdict: Verdict::NotAssessed,
        };
        let Some(explanation) = explanation else {
            evidence.sentence =
                "what judging the package depends on cannot be read from the store".to_owned();
            return evidence;
        };
        evidence.verdict = verdict(&explanation);
        evidence.sentence =
            sentence(self.id, &evidence.package.name, &evidence.package.version, &explanation);
        evidence.advisories = explanation
            .lookups
            .iter()
            .flat_map(|lookup| &lookup.statements)
            .map(|said| self.advisory(said, &explanation))
            .collect();
        evidence.ratings = explanation
            .matches
            .first()
            .map(|found| found.ratings.iter().map(rating).collect())
            .unwrap_or_default();
        evidence.reasons = reasons(self.id, &explanation);
        evidence
    }

    fn advisory(&self, said: &Said, explanation: &Explanation) -> Advisory {
        let records = explanation.matches.iter().flat_map(|found| &found.records);
        let record =
            records.into_iter().find(|record| record.source == said.source && record.id == said.record);
        Advisory {
            source: said.source.clone(),
            id: said.record.clone(),
            url: self.pages.get(&(said.source.clone(), said.record.clone())).cloned(),
            statement: said.outcome.clone(),
            range: Some(said.affected.clone()),
            fixed: record.and_then(|record| match &record.fix {
                FixStatus::Fixed { version } => Some(version.clone()),
                _ => None,
            }),
            severity: record
                .map(|record| record.severity)
                .filter(|severity| *severity != Severity::Unknown)
                .map(Into::into),
            holds: said.holds,
        }
    }
}

/// The page of the web that a record names first, an advisory's before others.
pub(super) fn page(references: &[model::Reference]) -> Option<String> {
    let mut web = references.iter().filter(|link| wire::is_web(&link.url));
    let first = web.clone().next();
    web.find(|link| link.kind == "ADVISORY").or(first).map(|link| wire::cut(&link.url))
}

pub(super) fn rating(rating: &model::Rating) -> Rating {
    Rating {
        source: rating.source.clone(),
        severity: rating.severity.into(),
        score: rating.score,
        vector: rating.vector.clone(),
    }
}

/// What came out. That no source speaks of a package for which there is data means that it is not affected.
pub(super) const fn verdict(explanation: &Explanation) -> Verdict {
    match explanation.verdict {
        vulndb::Verdict::Affected => Verdict::Affected,
        vulndb::Verdict::Apart(_) => Verdict::Apart,
        vulndb::Verdict::NotAffected | vulndb::Verdict::NoStatement => Verdict::NotAffected,
        vulndb::Verdict::NotAssessed => Verdict::NotAssessed,
    }
}

/// The answer in one sentence.
fn sentence(id: &str, name: &str, version: &str, explanation: &Explanation) -> String {
    let what = if version.is_empty() { name.to_owned() } else { format!("{name} {version}") };
    let because = because(id, explanation);
    match explanation.verdict {
        vulndb::Verdict::Affected => format!("{what} is affected by {id}: {because}."),
        vulndb::Verdict::Apart(_) => format!("{id} concerns {what} and does not count here: {because}."),
        vulndb::Verdict::NotAffected | vulndb::Verdict::NoStatement => {
            format!("{what} is not affected by {id}: {because}.")
        }
        vulndb::Verdict::NotAssessed => {
            format!("whether {what} is affected by {id} is not known: {because}.")
        }
    }
}

/// Why it came out so, in few words.
pub(super) fn because(id: &str, explanation: &Explanation) -> String {
    let statements = || explanation.lookups.iter().flat_map(|lookup| &lookup.statements);
    match explanation.verdict {
        vulndb::Verdict::Affected => match (&explanation.remedy, statements().find(|said| said.holds)) {
            (Some(remedy), _) => remedy.clone(),
            (None, Some(said)) => said.outcome.clone(),
            (None, None) => "an advisory concerns it".to_owned(),
        },
        vulndb::Verdict::Apart(reason) => {
            wire::apart(crate::matching::judgement(&model::Judgement::Apart(reason))).to_owned()
        }
        vulndb::Verdict::NotAffected => match statements().find(|said| !said.holds) {
            Some(said) => format!("{}, affected are {} ({})", said.outcome, said.affected, said.source),
            // What holds was overruled or rejected; the last note says by whom.
            None => explanation.notes.last().cloned().unwrap_or_else(|| "sources say so".to_owned()),
        },
        vulndb::Verdict::NoStatement => format!("there is data for it, and no source names it for {id}"),
        vulndb::Verdict::NotAssessed => explanation.coverage.to_string(),
    }
}

/// What decided, step by step.
fn reasons(id: &str, explanation: &Explanation) -> Vec<String> {
    let mut reasons: Vec<String> = explanation.lookups.iter().map(|lookup| looked_up(id, lookup)).collect();
    reasons.extend(explanation.notes.iter().cloned());
    if let vulndb::Verdict::Apart(_) = explanation.verdict {
        reasons.push(because(id, explanation));
    }
    for found in &explanation.matches {
        if let Some(disagreement) = &found.disagreement {
            reasons.push(format!("sources disagree: {disagreement}"));
        }
    }
    if !explanation.coverage.is_assessed() {
        reasons.push(explanation.coverage.to_string());
    }
    reasons
}

fn looked_up(id: &str, lookup: &Lookup) -> String {
    let row = lookup.ecosystem.row();
    let kind = match (lookup.kind, row.os_ids.is_empty()) {
        (_, true) => "package",
        (NameKind::Source, _) => "source package",
        (NameKind::Binary, _) => "binary package",
    };
    let release = if lookup.release.is_empty() { String::new() } else { format!(" {}", lookup.release) };
    let told = match (lookup.known, lookup.statements.len()) {
        (false, _) => "no source says anything about that name".to_owned(),
        (true, 0) => format!("sources speak about it, none about {id}"),
        (true, 1) => format!("version {} was compared with one statement", lookup.version),
        (true, more) => format!("version {} was compared with {more} statements", lookup.version),
    };
    format!("looked up as {kind} {} in {}{release}: {told}", lookup.name, row.osv)
}
