use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// A stable, dotted name of a kind of problem, such as `archive.truncated`. Each crate declares its own as constants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProblemCode(Cow<'static, str>);

impl ProblemCode {
    /// Declares a code; `name` is `crate.what-happened` and never changes once released.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The dotted name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a problem does to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The answer is complete all the same.
    None,
    /// Packages may be missing: the asset is *not assessed*, never healthy.
    MayHidePackages,
    /// Findings may be missing though the packages are known.
    MayHideFindings,
}

/// Something that could not be read, understood or finished, and what that does to the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind.
    pub code: ProblemCode,
    /// Where: a path inside the image, a layer, a source. Never a credential.
    pub subject: String,
    /// What it does to the answer.
    pub effect: Effect,
    /// How often it happened (entries skipped, records dropped).
    pub count: u64,
    /// The limit that was met, where one was, in that limit's unit.
    pub limit: Option<u64>,
    /// One sentence for people: what happened and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem seen once, without a limit.
    pub fn new(
        code: ProblemCode,
        subject: impl Into<String>,
        effect: Effect,
        message: impl Into<String>,
    ) -> Self {
        Self { code, subject: subject.into(), effect, count: 1, limit: None, message: message.into() }
    }

    /// The same with the limit that was met.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The same, seen `count` times.
    #[must_use]
    pub fn with_count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }
}

/// A bounded list of problems. Equal (code, subject) pairs are counted together; past [`Problems::MAX`] distinct
/// subjects of one code the rest are counted on one line, so hostile input cannot grow the list without end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Distinct subjects kept for each code.
    pub const MAX: usize = 64;

    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a problem, or raises the count of the one that says the same.
    pub fn push(&mut self, problem: Problem) {
        let mut of_code = 0;
        for seen in &mut self.0 {
            if seen.code != problem.code {
                continue;
            }
            if seen.subject == problem.subject && seen.effect == problem.effect {
                seen.count = seen.count.saturating_add(problem.count);
                return;
            }
            of_code += 1;
            if of_code >= Self::MAX && seen.effect == problem.effect && seen.subject == "(more)" {
                seen.count = seen.count.saturating_add(problem.count);
                return;
            }
        }
        if of_code < Self::MAX {
            self.0.push(problem);
        } else {
            self.0.push(Problem { subject: "(more)".to_owned(), ..problem });
        }
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        for problem in others {
            self.push(problem);
        }
    }

    /// The problems in the order in which they were first seen.
    #[must_use]
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    /// A view of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: ProblemCode = ProblemCode::new("test.code");

    #[test]
    fn equal_problems_are_counted_and_many_subjects_are_folded() {
        let mut problems = Problems::new();
        for i in 0..1000 {
            problems.push(Problem::new(CODE, format!("f{i}"), Effect::None, "x"));
            problems.push(Problem::new(CODE, "same", Effect::None, "x"));
        }
        let list = problems.into_vec();
        assert_eq!(list.iter().map(|p| p.count).sum::<u64>(), 2000);
        assert!(list.len() <= Problems::MAX + 1, "{}", list.len());
        assert_eq!(list.iter().find(|p| p.subject == "same").map(|p| p.count), Some(1000));
    }
}
