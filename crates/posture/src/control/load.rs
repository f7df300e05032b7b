//! The strict loader: whatever is wrong is an error with file and line, and a control without cases is none.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use model::{ControlId, Reference, Severity, StateKind};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{
    AssetKind, Case, CaseFacts, Control, ControlIndex, Controls, Group, GroupIndex, Parameter, ParameterKind,
    Parameters, Plan, Step, Value,
};
use crate::{Day, ImageFacts, Predicate, RegistryFacts};

/// Content is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct LoadError {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupsFile {
    groups: Vec<Spanned<Group>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlFile {
    id: Spanned<String>,
    asset: AssetKind,
    title: Spanned<String>,
    description: Spanned<String>,
    severity: Severity,
    group: Spanned<String>,
    plan: Plan,
    #[serde(default)]
    preview: bool,
    predicate: Spanned<String>,
    #[serde(default)]
    parameters: Vec<Spanned<ParameterEntry>>,
    remediation: Spanned<Vec<Step>>,
    references: Spanned<Vec<String>>,
    #[serde(default)]
    standards: Vec<String>,
    cases: Spanned<Vec<Spanned<CaseEntry>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterEntry {
    name: String,
    description: String,
    default: Value,
    minimum: Option<i64>,
    maximum: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseEntry {
    name: String,
    today: Option<Day>,
    image: Option<Box<ImageFacts>>,
    registry: Option<RegistryFacts>,
    #[serde(default)]
    parameters: Parameters,
    expect: StateKind,
    cause: Option<String>,
}

/// The file that is being read.
pub(crate) struct File<'a> {
    pub(crate) name: &'a str,
}

impl File<'_> {
    pub(crate) fn read<'de, T: Deserialize<'de>>(&self, text: &'de str) -> Result<T, LoadError> {
        serde_saphyr::from_str(text).map_err(|error| LoadError {
            file: self.name.to_owned(),
            line: error.location().map_or(1, |at| at.line()),
            message: error.without_snippet().to_string(),
        })
    }

    pub(crate) fn wrong<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> LoadError {
        let line = at.referenced.line();
        LoadError { file: self.name.to_owned(), line, message: message.into() }
    }
}

impl Controls {
    /// Loads controls and their groups from texts with their names.
    ///
    /// # Errors
    /// At the first thing that is not what it should be, with file and line.
    pub fn load(groups: (&str, &str), controls: &[(&str, &str)]) -> Result<Self, LoadError> {
        let mut out = Self { groups: load_groups(groups)?, ..Self::default() };
        for (name, text) in controls {
            let file = File { name };
            let read: ControlFile = file.read(text)?;
            let id = &read.id;
            let stem = name.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml"));
            if stem != Some(id.value.as_str()) {
                return Err(file.wrong(id, format!("the file of '{}' is called {}.yaml", id.value, id.value)));
            }
            if !is_slug(&id.value) {
                return Err(file.wrong(id, "an id is lower-case words joined by '.' and '-'"));
            }
            if out.controls.iter().any(|control| control.id.0 == id.value) {
                return Err(file.wrong(id, format!("there are two controls '{}'", id.value)));
            }
            let control = read.finish(&file, &out.groups)?;
            out.controls.push(control);
        }
        out.controls.sort_by(|a, b| a.id.cmp(&b.id));
        out.by_id = out
            .controls
            .iter()
            .zip((0..).map(ControlIndex))
            .map(|(control, index)| (control.id.0.clone().into_owned(), index))
            .collect::<BTreeMap<_, _>>();
        Ok(out)
    }
}

fn load_groups((name, text): (&str, &str)) -> Result<Vec<Group>, LoadError> {
    let file = File { name };
    let read: GroupsFile = file.read(text)?;
    let mut ids = BTreeSet::new();
    for group in &read.groups {
        if !is_slug(&group.value.id) || !ids.insert(group.value.id.clone()) {
            return Err(file.wrong(group, format!("'{}' is there twice or no slug", group.value.id)));
        }
    }
    let mut groups: Vec<Group> = read.groups.into_iter().map(|group| group.value).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.maximum));
    Ok(groups)
}

fn is_slug(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    !text.is_empty() && text.split(['.', '-']).all(word)
}

impl ControlFile {
    fn finish(self, file: &File<'_>, groups: &[Group]) -> Result<Control, LoadError> {
        for text in [&self.title, &self.description] {
            if text.value.trim().is_empty() {
                return Err(file.wrong(text, "the text is empty"));
            }
        }
        let group = groups.iter().position(|group| group.id == self.group.value);
        let group = group.and_then(|index| u16::try_from(index).ok()).ok_or_else(|| {
            file.wrong(&self.group, format!("there is no group '{}' in groups.yaml", self.group.value))
        })?;
        let predicate: Predicate =
            self.predicate.value.parse().map_err(|message: String| file.wrong(&self.predicate, message))?;
        if predicate.asset() != self.asset {
            return Err(file.wrong(&self.predicate, "the predicate judges another kind of asset"));
        }
        if self.remediation.value.is_empty() {
            return Err(file.wrong(&self.remediation, "a control says what to do"));
        }
        if let Some(url) = self.references.value.iter().find(|url| !url.starts_with("https://")) {
            return Err(file.wrong(&self.references, format!("'{url}' is no https address")));
        }
        let parameters = parameters(file, &self.id.value, &self.predicate, predicate, self.parameters)?;
        let references = self.references.value.into_iter();
        let mut control = Control {
            id: ControlId(Cow::Owned(self.id.value)),
            asset: self.asset,
            title: self.title.value,
            description: self.description.value.trim_end().to_owned(),
            severity: self.severity,
            group: GroupIndex(group),
            plan: self.plan,
            preview: self.preview,
            predicate,
            parameters,
            remediation: self.remediation.value,
            references: references.map(|url| Reference { kind: Cow::Borrowed("WEB"), url }).collect(),
            standards: self.standards,
            cases: Vec::new(),
        };
        for state in [StateKind::Healthy, StateKind::Unhealthy] {
            if !self.cases.value.iter().any(|case| case.value.expect == state) {
                return Err(file.wrong(&self.cases, format!("no case expects {state}")));
            }
        }
        let mut names = BTreeSet::new();
        for case in self.cases.value {
            if !names.insert(case.value.name.clone()) {
                return Err(file.wrong(&case, format!("there are two cases '{}'", case.value.name)));
            }
            control.cases.push(finish_case(file, &control, case)?);
        }
        Ok(control)
    }
}

/// Parameters as the predicate takes them: no more, no less, each of its kind.
fn parameters(
    file: &File<'_>,
    id: &str,
    at: &Spanned<String>,
    predicate: Predicate,
    entries: Vec<Spanned<ParameterEntry>>,
) -> Result<Vec<Parameter>, LoadError> {
    let mut out: Vec<Parameter> = Vec::with_capacity(entries.len());
    for entry in entries {
        let wants = predicate.parameters().iter().find(|(name, _)| *name == entry.value.name);
        let Some((_, kind)) = wants else {
            let message = format!("the predicate takes no parameter '{}'", entry.value.name);
            return Err(file.wrong(&entry, message));
        };
        if out.iter().any(|other| other.name == entry.value.name) {
            return Err(file.wrong(&entry, format!("there are two parameters '{}'", entry.value.name)));
        }
        let bounds = [entry.value.minimum, entry.value.maximum].into_iter().flatten().count();
        if bounds != if *kind == ParameterKind::Number { 2 } else { 0 } {
            return Err(file.wrong(&entry, "a number has minimum and maximum, other kinds have neither"));
        }
        let parameter = Parameter {
            name: entry.value.name.clone(),
            description: entry.value.description.clone(),
            kind: *kind,
            default: entry.value.default,
            minimum: entry.value.minimum,
            maximum: entry.value.maximum,
        };
        parameter
            .check(id, parameter.default)
            .map_err(|error| file.wrong(&entry, format!("the default: {error}")))?;
        out.push(parameter);
    }
    match predicate.parameters().iter().find(|(name, _)| !out.iter().any(|have| have.name == *name)) {
        Some((name, _)) => Err(file.wrong(at, format!("the predicate needs the parameter '{name}'"))),
        None => Ok(out),
    }
}

/// The day of cases that name none.
const TODAY: (i32, u32, u32) = (2026, 1, 1);

fn finish_case(file: &File<'_>, control: &Control, case: Spanned<CaseEntry>) -> Result<Case, LoadError> {
    let parameters = control
        .parameters_with(&case.value.parameters)
        .map_err(|error| file.wrong(&case, error.to_string()))?;
    if (case.value.expect == StateKind::Healthy) != case.value.cause.is_none() {
        return Err(file.wrong(&case, "a case names its cause, unless it expects healthy"));
    }
    let wrong = file.wrong(&case, "a case has the facts of the control's kind of asset");
    let CaseEntry { name, today, image, registry, expect, cause, .. } = case.value;
    let facts = match (control.asset, image, registry) {
        (AssetKind::Image, Some(facts), None) => CaseFacts::Image(facts),
        (AssetKind::Registry, None, Some(facts)) => CaseFacts::Registry(facts),
        _ => return Err(wrong),
    };
    let today = today.or_else(|| Day::of(TODAY.0, TODAY.1, TODAY.2)).unwrap_or_default();
    Ok(Case { name, today, facts, parameters, expect, cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::embedded;

    const GROUPS: &str = "groups:\n  - {id: g, title: G, maximum: 4, description: D}\n";
    const GOOD: &str = "\
id: image.root
asset: image
title: T
description: D
severity: high
group: g
plan: registries
predicate: not-root
parameters:
  - {name: numeric, description: D, default: false}
remediation:
  - {task: Do}
references: [https://example.org/]
cases:
  - {name: a, image: {user: app}, expect: healthy}
  - {name: b, image: {user: root}, expect: unhealthy, cause: root}
";

    fn load(text: &str) -> Result<Controls, LoadError> {
        Controls::load(("groups.yaml", GROUPS), &[("x/image.root.yaml", text)])
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line() {
        assert_eq!(load(GOOD).unwrap().all().len(), 1);
        for (from, to, line, message) in [
            ("title: T", "titel: T", 3, "titel"),
            ("severity: high", "severity: awful", 5, "awful"),
            ("group: g", "group: h", 6, "no group 'h'"),
            ("predicate: not-root", "predicate: rooted", 8, "unknown predicate 'rooted'"),
            ("predicate: not-root", "predicate: tls", 8, "another kind of asset"),
            ("name: numeric", "name: digits", 10, "takes no parameter 'digits'"),
            ("default: false", "default: 3", 10, "takes a yes or no"),
            ("default: false}", "default: false, minimum: 1}", 10, "minimum and maximum"),
            ("  - {name: numeric, description: D, default: false}\n", "  []\n", 8, "needs the parameter"),
            ("id: image.root", "id: image.other", 1, "called image.other.yaml"),
            ("description: D\n", "description: ' '\n", 4, "empty"),
            ("https://", "http://", 13, "no https address"),
            ("  - {task: Do}", "  []", 12, "says what to do"),
            ("expect: healthy", "expect: unhealthy, cause: x", 15, "no case expects healthy"),
            (", cause: root", "", 16, "names its cause"),
            ("image: {user: app}", "registry: {}", 15, "kind of asset"),
            ("image: {user: app}", "image: {usr: app}", 15, "usr"),
            ("name: b", "name: a", 16, "two cases 'a'"),
            ("image: {user: app}", "image: {user: app}, parameters: {x: 1}", 15, "no parameter 'x'"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let error = load(&text).unwrap_err();
            assert_eq!((error.file.as_str(), error.line), ("x/image.root.yaml", line), "{error}");
            assert!(error.message.contains(message), "{error}");
        }
    }

    #[test]
    fn ids_are_there_once() {
        let twice = [("x/image.root.yaml", GOOD), ("y/image.root.yaml", GOOD)];
        let error = Controls::load(("groups.yaml", GROUPS), &twice).unwrap_err();
        assert_eq!(error.to_string(), "y/image.root.yaml:1: there are two controls 'image.root'");
        let groups = format!("{GROUPS}  - {{id: g, title: G, maximum: 1, description: D}}\n");
        let error = Controls::load(("groups.yaml", &groups), &[]).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("groups.yaml", 3));
    }

    #[test]
    fn a_range_holds() {
        let controls = Controls::load(embedded::GROUPS, embedded::CONTROLS).unwrap();
        let (_, control) = controls.find("image.stale-base").unwrap();
        let with =
            |name: &str, value| control.parameters_with(&[(name.to_owned(), value)].into_iter().collect());
        assert_eq!(with("days", Value::Number(30)).unwrap().number("days"), Some(30));
        for (name, value, message) in [
            ("days", Value::Number(0), "is a number from 1 to"),
            ("days", Value::Flag(true), "takes a number"),
            ("weeks", Value::Number(1), "takes no parameter 'weeks'; it takes days"),
        ] {
            let error = with(name, value).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
