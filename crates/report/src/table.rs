//! The table for people: what to do first, one action a line; then how much there is and what was set apart, with sums
//! that agree; then what could not be seen, and the state.

mod details;
mod foot;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use model::{Finding, Judgement, Severity};
use scan::{Action, Outcome, Tally};

use crate::{
    Options,
    style::Style,
    text::{count, cut, number, pad, pad_left, plain, width, wrap},
    words,
};

/// Narrower terminals get lines of this width, which they wrap.
const MIN_WIDTH: usize = 80;

/// Wider lines are hard to follow from one end to the other.
const MAX_WIDTH: usize = 120;

/// What a table is made of.
pub(crate) struct Sheet<'a> {
    outcome: &'a Outcome,
    options: &'a Options,
    style: Style,
    width: usize,
    /// Actions with what they repair of the findings that are shown, most urgent first.
    actions: Vec<(&'a Action, Tally)>,
    /// How many of them get a row.
    rows: usize,
}

pub(crate) fn write(outcome: &Outcome, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet::new(outcome, options);
    sheet.header(to)?;
    sheet.base(to)?;
    sheet.actions(to)?;
    sheet.sums(to)?;
    if options.all {
        sheet.set_apart(to)?;
    }
    sheet.foot(to)
}

impl<'a> Sheet<'a> {
    fn new(outcome: &'a Outcome, options: &'a Options) -> Self {
        let mut sheet = Self {
            outcome,
            options,
            style: Style { color: options.color },
            width: options.width.clamp(MIN_WIDTH, MAX_WIDTH),
            actions: Vec::new(),
            rows: 0,
        };
        let shown = outcome.plan.actions.iter().map(|action| (action, Tally::of(sheet.of(&action.findings))));
        let mut actions: Vec<(&Action, Tally)> = shown.filter(|(_, tally)| tally.findings > 0).collect();
        // Filters change what counts for a row, and so the order.
        actions.sort_by(|(_, a), (_, b)| a.order(b));
        sheet.rows = options.rows.filter(|_| !options.all).unwrap_or(actions.len()).min(actions.len());
        sheet.actions = actions;
        sheet
    }

    /// The findings at these places that the filter shows.
    fn of(&self, places: &'a [usize]) -> impl Iterator<Item = &'a Finding> {
        let (outcome, filter) = (self.outcome, &self.options.filter);
        places.iter().filter_map(|at| outcome.findings.get(*at)).filter(|finding| filter.shows(finding))
    }

    fn header(&self, to: &mut dyn Write) -> io::Result<()> {
        let subject = &self.outcome.subject;
        let mut head = vec![format!("{} ({})", plain(&subject.target), subject.kind.as_str())];
        if let Some(distro) = &self.outcome.catalogue.distro {
            head.push(plain(&distro.os_release.pretty_name).into_owned());
        }
        if let Some(image) = &subject.image {
            head.push(plain(&image.platform.to_string()).into_owned());
            head.push(count(image.layers.len() as u64, "layer", "layers"));
        }
        head.push(count(self.outcome.catalogue.packages.len() as u64, "package", "packages"));
        writeln!(to, "{}", self.style.bold(&wrap(&head.join(", "), self.width, 2)))
    }

    fn base(&self, to: &mut dyn Write) -> io::Result<()> {
        match &self.outcome.base {
            Some(base) => writeln!(to, "\n{}", wrap(&words::base(base), self.width, 2)),
            None => Ok(()),
        }
    }

    fn actions(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.outcome.database.is_none() {
            return Ok(());
        }
        if self.actions.is_empty() {
            let text = match self.outcome.findings.is_empty() {
                true => "Nothing found.",
                false => "Nothing to do: no finding that counts has a fix.",
            };
            return writeln!(to, "\n{text}");
        }
        let shown = self.actions.get(..self.rows).unwrap_or_default();
        let columns = Columns::of(shown, self.width);
        let head = columns.line("What to do, most urgent first", "CVEs", "Worst", "", "Repairs");
        writeln!(to, "\n{}", self.style.bold(&head))?;
        for (action, tally) in shown {
            self.row(&columns, action, tally, to)?;
            if self.options.all {
                self.details(action, to)?;
            } else if let Some(parts) =
                words::parts_beneath(action, columns.what, self.width.saturating_sub(4))
            {
                writeln!(to, "    {}", self.style.dim(&parts))?;
            }
        }
        let rest = self.actions.get(self.rows..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        let findings: u64 = rest.iter().map(|(_, tally)| tally.findings).sum();
        let worst = rest.first().and_then(|(_, tally)| tally.worst());
        let worst =
            worst.map_or_else(String::new, |(severity, _)| format!(", of {severity} severity at worst"));
        let more = count(rest.len() as u64, "more action repairs", "more actions repair");
        writeln!(to, "… {more} {}{worst}: {}", count(findings, "finding", "findings"), self.options.more)
    }

    fn row(&self, columns: &Columns, action: &Action, tally: &Tally, to: &mut dyn Write) -> io::Result<()> {
        let what = pad(&cut(&words::action(action, columns.what), columns.what), columns.what);
        let cves = pad_left(&number(tally.cves()), columns.cves);
        let worst = pad(&worst(tally), columns.worst);
        let worst = match tally.worst() {
            Some((severity, _)) => self.style.severity(severity, &worst),
            None => worst,
        };
        let mark = match columns.mark {
            0 => String::new(),
            mark if tally.exploited > 0 => format!("{}  ", self.style.alarm(&pad("KEV", mark - 2))),
            mark => " ".repeat(mark),
        };
        let repairs = repairs(tally, columns.more);
        let line = format!("{what}  {cves}  {worst}  {mark}{}", cut(&repairs, columns.repairs));
        writeln!(to, "{}", line.trim_end())
    }

    /// How many there are of what, in lines whose figures add up.
    fn sums(&self, to: &mut dyn Write) -> io::Result<()> {
        let outcome = self.outcome;
        if outcome.database.is_none() || outcome.findings.is_empty() {
            return Ok(());
        }
        let shown = |finding: &&Finding| self.options.filter.shows(finding);
        let mut apart: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        let mut suppressed: Vec<&Finding> = Vec::new();
        for finding in outcome.findings.iter().filter(shown) {
            match &finding.judgement {
                Judgement::Counts => {}
                Judgement::Apart(reason) => apart.entry(*reason).or_default().push(finding),
                Judgement::Suppressed(_) => suppressed.push(finding),
            }
        }
        let total = outcome.findings.len() as u64;
        let repaired: u64 = self.actions.iter().map(|(_, tally)| tally.findings).sum();
        let unfixed: Vec<&Finding> = self.of(&outcome.plan.unfixed).collect();
        let counted = repaired + unfixed.len() as u64;
        let set_apart: u64 = apart.values().map(|findings| findings.len() as u64).sum();
        let hidden = suppressed.len() as u64;
        let filtered = total - counted - set_apart - hidden;

        writeln!(to)?;
        let figures = number(total).len() + 2;
        let say = |to: &mut dyn Write, n: u64, what: &str, tally: Option<&Tally>| {
            let line = |behind: &str| format!("{}  {what}{behind}", pad_left(&number(n), figures));
            let texts = tally.into_iter().flat_map(|tally| [of_cves(tally), of_worst(tally)]);
            let text = texts.map(|text| line(&text)).find(|text| width(text) <= self.width);
            writeln!(to, "{}", text.unwrap_or_else(|| line("")))
        };
        let verb = if counted == 1 { "counts" } else { "count" };
        let counts = self.style.bold(&format!("{} {verb}", number(counted)));
        let left = if filtered > 0 { format!(" + {} left out", number(filtered)) } else { String::new() };
        let (set_apart, hidden_text) = (number(set_apart), number(hidden));
        let findings = count(total, "finding", "findings");
        writeln!(to, "{findings} = {counts} + {set_apart} set apart + {hidden_text} hidden{left}")?;
        let actions = count(self.actions.len() as u64, "action", "actions");
        let all = Tally::of(self.actions.iter().flat_map(|(action, _)| self.of(&action.findings)));
        if repaired > 0 {
            say(to, repaired, &format!("count, with a fix: {actions}"), Some(&all))?;
        }
        let mut without: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in unfixed {
            without.entry(words::unfixed(finding).unwrap_or_default()).or_default().push(finding);
        }
        for (what, findings) in without {
            say(to, findings.len() as u64, &format!("count, {what}"), Some(&Tally::of(findings)))?;
        }
        for (reason, findings) in &apart {
            let tally = Tally::of(findings.iter().copied());
            say(to, tally.findings, words::apart(*reason), Some(&tally))?;
        }
        if hidden > 0 {
            say(to, hidden, "hidden by ignore files and VEX", Some(&Tally::of(suppressed)))?;
        }
        if filtered > 0 {
            say(to, filtered, "left out by --severity, --fixable or --class", None)?;
        }
        let funnel = &outcome.funnel;
        if funnel.hits > 0 {
            writeln!(
                to,
                "Rows: {} without classes, ownership and kernel rules; {} with them",
                number(funnel.hits),
                number(words::rows(outcome)),
            )?;
        }
        Ok(())
    }
}

/// ` (1,345 CVEs: 17 high, 15 medium)`.
fn of_cves(tally: &Tally) -> String {
    match tally.cves() {
        0 => String::new(),
        cves => {
            let severities = words::severities(&tally.severities);
            format!(" ({}: {severities}{})", count(cves, "CVE", "CVEs"), exploited(tally))
        }
    }
}

/// ` (1,345 CVEs, 17 high at worst)`.
fn of_worst(tally: &Tally) -> String {
    match tally.cves() {
        0 => String::new(),
        cves => {
            format!(" ({}, {} at worst{})", count(cves, "CVE", "CVEs"), worst(tally), exploited(tally))
        }
    }
}

/// `; 1 KEV`: what is exploited is said wherever it stands.
fn exploited(tally: &Tally) -> String {
    match tally.exploited {
        0 => String::new(),
        exploited => format!("; {} KEV", number(exploited)),
    }
}

/// `9 high`.
fn worst(tally: &Tally) -> String {
    tally.worst().map_or_else(String::new, |(severity, count)| format!("{} {severity}", number(count)))
}

/// `CVE-2026-34180 +20`; how many more there are can be left out, for a column says how many there are.
fn repairs(tally: &Tally, more: bool) -> String {
    let first = plain(tally.ids.first().map_or("", String::as_str));
    match tally.cves() {
        all if more && all > 1 => format!("{first} +{}", number(all - 1)),
        _ => first.into_owned(),
    }
}

/// Widths of the columns of actions.
struct Columns {
    what: usize,
    cves: usize,
    worst: usize,
    /// The column of marks with its gap; 0 where nothing is marked.
    mark: usize,
    repairs: usize,
    /// Is there room to say how many more there are?
    more: bool,
}

impl Columns {
    fn of(actions: &[(&Action, Tally)], total: usize) -> Self {
        let widest = |text: &dyn Fn(&Tally) -> String, least: usize, most: usize| {
            let found = actions.iter().map(|(_, tally)| width(&text(tally))).max().unwrap_or(0);
            found.clamp(least, most)
        };
        let cves = widest(&|tally| number(tally.cves()), 4, 9);
        let worst = widest(&worst, 5, 16);
        let more = total >= 100;
        let repairs = widest(&|tally| repairs(tally, more), 7, 24);
        let mark = if actions.iter().any(|(_, tally)| tally.exploited > 0) { 5 } else { 0 };
        let most = total.saturating_sub(2 + cves + 2 + worst + 2 + mark + repairs);
        let head = "What to do, most urgent first".len();
        let what = actions.iter().map(|(action, _)| width(&words::action(action, most))).max().unwrap_or(0);
        Self { what: what.clamp(head, most.max(head)), cves, worst, mark, repairs, more }
    }

    fn line(&self, what: &str, cves: &str, worst: &str, mark: &str, repairs: &str) -> String {
        format!(
            "{}  {}  {}  {}{repairs}",
            pad(what, self.what),
            pad_left(cves, self.cves),
            pad(worst, self.worst),
            pad(mark, self.mark),
        )
    }
}

/// A severity with its colour, padded.
fn severity_word(style: Style, severity: Severity) -> String {
    style.severity(severity, &pad(severity.as_str(), 10))
}
