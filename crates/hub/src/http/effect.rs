//! What a change would do, as the wire has it and in words.

use super::{
    recommendations::{counts, name},
    score::{percent, points},
};
use api::{
    exemption::{AssetChange, AssetsChange, Effect, FindingsChange, ScoreChange},
    tally::{State, TallyLite},
};
use posture::FindingCounts;

/// The most changes that are named one by one.
const NAMED: usize = 20;

/// What is changed.
pub(super) enum Words {
    /// An exemption is made.
    Exemption {
        /// Assets that are exempt by it.
        assets: u64,
    },
    /// A disable rule is made.
    Rule,
    /// A plan is switched.
    Plan {
        /// Its word.
        plan: &'static str,
        /// On, off, or as above.
        on: Option<bool>,
    },
}

fn tally(counts: &FindingCounts) -> TallyLite {
    let of = counts.vulnerabilities;
    TallyLite {
        // Hostile packages are critical whatever their record says.
        critical: of.critical.saturating_add(counts.malware),
        high: of.high,
        medium: of.medium,
        low: of.low,
        negligible: of.negligible,
        unknown: of.unknown,
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// An effect as the wire has it; `hides` are the findings that would no longer count.
pub(super) fn wire(effect: &posture::Effect, hides: u64, words: &Words) -> Effect {
    let (before, after) = (&effect.before, &effect.after);
    let changes = effect.changes.iter().take(NAMED).map(|change| AssetChange {
        asset_id: change.asset.clone(),
        name: name(&change.asset),
        before: State::of(change.before.as_str()),
        after: State::of(change.after.as_str()),
    });
    let score = ScoreChange {
        before: percent(before.score.ratio()),
        after: percent(after.score.ratio()),
        current_before: points(before.score.current()),
        current_after: points(after.score.current()),
        max: after.score.maximum(),
    };
    let changed = effect.changes.len() as u64;
    let mut sentence = match words {
        Words::Exemption { assets } => format!(
            "It excuses {}, of which {} findings no longer count",
            plural(*assets, "asset", "assets"),
            hides
        ),
        Words::Rule => format!("It hides {}", plural(hides, "finding", "findings")),
        Words::Plan { plan, on } => {
            let how = match on {
                Some(true) => "on",
                Some(false) => "off",
                None => "as it is said above",
            };
            format!("It switches the plan {plan} {how}")
        }
    };
    let becomes = if changed == 1 { "is" } else { "are" };
    sentence.push_str(&format!("; {} {becomes} in another state then", plural(changed, "asset", "assets"),));
    sentence.push_str(&match (before.score.ratio(), after.score.ratio()) {
        (Some(from), Some(to)) if from == to => format!("; the score stays at {from} %."),
        (Some(from), Some(to)) => format!("; the score goes from {from} % to {to} %."),
        (Some(from), None) => format!("; the score, {from} % now, is gone, for nothing counts any more."),
        (None, Some(to)) => format!("; the score is {to} %, where there is none now."),
        (None, None) => "; there is no score before or after.".to_owned(),
    });
    let not: &[&str] = match words {
        Words::Exemption { .. } => &[
            "It repairs nothing: the findings stay, and are listed as exempt.",
            "What is healthy stays healthy and earns its points.",
            "It reaches no other control, and what comes into its place later is excused as well.",
        ],
        Words::Rule => &[
            "It repairs nothing: what it hides is counted and listed under its name.",
            "It hides a hostile package only where it names it.",
            "It does not make healthy what could not be assessed, and changes no gate of a pipeline.",
        ],
        Words::Plan { .. } => &[
            "It deletes nothing: what is known stays, and is judged again when the plan is on.",
            "What is said on a scope below still holds there.",
        ],
    };
    Effect {
        assets: AssetsChange { before: counts(&before.assets), after: counts(&after.assets) },
        findings: FindingsChange { before: tally(&before.findings), after: tally(&after.findings) },
        score,
        hides,
        changes: changes.collect(),
        changed,
        not: not.iter().map(|text| (*text).to_owned()).collect(),
        sentence,
    }
}
