//! The end of the table: coverage, what hid nothing, problems, state, gate.

use std::io::{self, Write};

use model::{Effect, State};
use scan::Ruling;

use super::Sheet;
use crate::text::{count, number, pad_left, plain, wrap};

impl Sheet<'_> {
    pub(super) fn foot(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.outcome.database.is_some() || !self.outcome.problems.is_empty() {
            writeln!(to)?;
        }
        self.coverage(to)?;
        for entry in &self.outcome.suppressions {
            if let (0, nearest) = (entry.hidden, &entry.nearest) {
                let near = nearest.as_deref().map_or(String::new(), |near| format!("; nearest: {near}"));
                let text = format!("{} hid nothing{}", plain(&entry.by), plain(&near));
                writeln!(to, "{}", wrap(&text, self.width, 2))?;
            }
        }
        self.problems(to)?;
        self.state(to)?;
        self.gate(to)
    }

    fn coverage(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.outcome.database.is_none() {
            return Ok(());
        }
        let coverage = &self.outcome.coverage;
        let uncovered: u64 = coverage.gaps.iter().map(|gap| gap.packages.len() as u64).sum();
        let of = coverage.covered + uncovered;
        let head = format!("{} of {}", number(coverage.covered), count(of, "package", "packages"));
        writeln!(to, "{} {head} judged with data", self.style.bold("Coverage:"))?;
        let figures = number(uncovered).len();
        for gap in &coverage.gaps {
            let packages = pad_left(&number(gap.packages.len() as u64), figures);
            let line = format!("  {packages}  {}", plain(&gap.reason));
            writeln!(to, "{}", wrap(&line, self.width, figures + 4))?;
        }
        Ok(())
    }

    fn problems(&self, to: &mut dyn Write) -> io::Result<()> {
        let problems = &self.outcome.problems;
        let skipped = self.outcome.skipped.len() as u64;
        if !problems.is_empty() {
            let sum: u64 = problems.iter().map(|problem| problem.count).fold(0, u64::saturating_add);
            writeln!(to, "{} {}", self.style.bold("Problems:"), number(sum))?;
        }
        for problem in problems {
            let effect = match problem.effect {
                Effect::None => "",
                Effect::MayHidePackages => " (may hide packages)",
                Effect::MayHideFindings => " (may hide findings)",
            };
            let times =
                if problem.count == 1 { String::new() } else { format!(" × {}", number(problem.count)) };
            let (subject, message) = (plain(&problem.subject), plain(&problem.message));
            self.item(to, &format!("{}{times}: {subject}: {message}{effect}", problem.code))?;
        }
        if skipped > 0 {
            writeln!(
                to,
                "Left out on purpose: {}; --format json lists them",
                count(skipped, "folder", "folders")
            )?;
        }
        Ok(())
    }

    fn state(&self, to: &mut dyn Write) -> io::Result<()> {
        let state = &self.outcome.state;
        // What Coverage said above is summed up, unless it is why there is no verdict.
        let (causes, gaps) = match state {
            State::NotApplicable(causes) | State::NotAssessed(causes) => (causes.clone(), 0),
            State::Unhealthy => self.beside_gaps(),
            State::Healthy => (Vec::new(), 0),
        };
        let word = match state {
            State::Healthy => self.style.good(state.as_str()),
            State::Unhealthy => self.style.alarm(state.as_str()),
            State::NotApplicable(_) | State::NotAssessed(_) => self.style.warn(state.as_str()),
        };
        writeln!(to, "\n{} {word}", self.style.bold("State:"))?;
        for cause in causes {
            self.item(to, &format!("not seen in full: {}", plain(&cause)))?;
        }
        if gaps > 0 {
            let packages = count(gaps, "package", "packages");
            self.item(to, &format!("not seen in full: {packages} without data, see Coverage"))?;
        }
        Ok(())
    }

    /// Why not everything was seen, but for gaps of coverage, and the packages in those.
    fn beside_gaps(&self) -> (Vec<String>, u64) {
        let gaps: Vec<_> = self.outcome.coverage.gaps.iter().filter(|gap| gap.blocks).collect();
        let of_gap = |cause: &str| gaps.iter().any(|gap| cause.ends_with(&format!(": {}", gap.reason)));
        let causes = self.outcome.incomplete.iter().filter(|cause| !of_gap(cause)).cloned().collect();
        (causes, gaps.iter().map(|gap| gap.packages.len() as u64).sum())
    }

    fn item(&self, to: &mut dyn Write, text: &str) -> io::Result<()> {
        writeln!(to, "{}", wrap(&format!("  {text}"), self.width, 4))
    }

    fn gate(&self, to: &mut dyn Write) -> io::Result<()> {
        match &self.options.ruling {
            Ruling::NoGate => Ok(()),
            Ruling::Passed { unknown } => writeln!(
                to,
                "Gate: {}; {} of unknown severity let through",
                self.style.good("passed"),
                count(*unknown, "finding", "findings")
            ),
            Ruling::Failed { threshold, findings, unknown } => writeln!(
                to,
                "Gate: {}; {} --fail-on {threshold}; {} of unknown severity did not count",
                self.style.alarm("failed"),
                count(*findings, "finding reaches", "findings reach"),
                number(*unknown)
            ),
            Ruling::Incomplete { .. } => writeln!(
                to,
                "Gate: {}; see what was not seen, or use --allow-incomplete",
                self.style.warn("cannot be judged")
            ),
        }
    }
}
