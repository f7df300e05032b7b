//! How much of an action arrived since: what was to be done then, beside what is there now.
//!
//! A rebuild gives a new digest, so the image that was to be fixed rarely becomes healthy itself: it goes, or a newer
//! image takes its tag while the old digest stays in the registry. Both are work that was done.

use std::collections::BTreeMap;

/// An image of the action when it was first looked at. `K` is what tells images apart: an id, a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier<K> {
    /// The asset.
    pub asset: K,
    /// Findings that the action would have cleared in it.
    pub findings: u64,
}

/// The same image now. One that is gone is in no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now<K> {
    /// The asset.
    pub asset: K,
    /// Findings that the action would clear in it.
    pub open: u64,
    /// Findings of the action that rules or exemptions hide by now.
    pub hidden: u64,
    /// The newest image that took over all its tags; `None`: it still has one, or never had any.
    pub replaced_by: Option<K>,
}

/// How far an action got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Images that there were.
    pub images: u64,
    /// Repaired in their place.
    pub cleared: u64,
    /// Retired.
    pub gone: u64,
    /// A newer image without these findings took their tags.
    pub replaced: u64,
    /// Nothing is left to see because people hid it: no work was done.
    pub hidden: u64,
    /// Still to be done.
    pub open: u64,
    /// Findings that there were.
    pub findings: u64,
    /// Of them, those that are gone with the images above, or by themselves.
    pub findings_done: u64,
}

impl Progress {
    /// Images in which it is done. `images - done - hidden` are open.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.cleared + self.gone + self.replaced
    }
}

/// What became of an action in one of its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Repaired in its place.
    Cleared,
    /// Retired.
    Gone,
    /// A newer image without these findings took its tags.
    Replaced,
    /// Nothing is left to see because people hid it: no work was done.
    Hidden,
    /// Still to be done.
    Open,
}

impl Outcome {
    /// Was the work done?
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Cleared | Self::Gone | Self::Replaced)
    }

    /// Tells it of an image; `None`: it is gone. `find` gives the others that are there.
    #[must_use]
    pub fn of<K: Copy + PartialEq>(now: Option<Now<K>>, find: impl Fn(K) -> Option<Now<K>>) -> Self {
        let Some(now) = now else { return Self::Gone };
        // What replaced it may have been replaced itself: the newest is named. If it is gone too, nobody can tell.
        let by = now.replaced_by.filter(|by| *by != now.asset).and_then(find);
        if by.is_some_and(|by| by.open == 0 && by.hidden == 0) {
            return Self::Replaced;
        }
        match (now.open, now.hidden) {
            (0, 0) => Self::Cleared,
            (0, _) => Self::Hidden,
            _ => Self::Open,
        }
    }
}

/// Compares what was to be done with what is there. `now` holds those of the earlier images that are still there and the
/// images that replaced them.
#[must_use]
pub fn progress<K: Copy + Ord>(earlier: &[Earlier<K>], now: &[Now<K>]) -> Progress {
    let there: BTreeMap<K, Now<K>> = now.iter().map(|now| (now.asset, *now)).collect();
    let mut out = Progress::default();
    for Earlier { asset, findings } in earlier {
        out.images += 1;
        out.findings = out.findings.saturating_add(*findings);
        let now = there.get(asset).copied();
        let outcome = Outcome::of(now, |by| there.get(&by).copied());
        match outcome {
            Outcome::Cleared => out.cleared += 1,
            Outcome::Gone => out.gone += 1,
            Outcome::Replaced => out.replaced += 1,
            Outcome::Hidden => out.hidden += 1,
            Outcome::Open => out.open += 1,
        }
        let left = now.map_or(0, |now| now.open.saturating_add(now.hidden));
        let done = if outcome.is_done() { *findings } else { findings.saturating_sub(left) };
        out.findings_done = out.findings_done.saturating_add(done);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_done_when_it_is_repaired_retired_or_replaced_and_not_when_it_is_hidden() {
        let earlier: Vec<Earlier<&str>> = ["cleared", "gone", "replaced", "worse", "hidden", "open", "half"]
            .map(|asset| Earlier { asset, findings: 4 })
            .to_vec();
        let now = |asset, open, hidden, replaced_by| Now { asset, open, hidden, replaced_by };
        let found = progress(
            &earlier,
            &[
                now("cleared", 0, 0, None),
                now("replaced", 4, 0, Some("new")),
                now("new", 0, 0, None),
                now("worse", 4, 0, Some("as bad")),
                now("as bad", 4, 0, None),
                now("hidden", 0, 4, None),
                now("open", 4, 0, Some("unknown")),
                now("half", 1, 1, Some("half")),
            ],
        );
        assert_eq!(
            found,
            Progress {
                images: 7,
                cleared: 1,
                gone: 1,
                replaced: 1,
                hidden: 1,
                open: 3,
                findings: 28,
                findings_done: 14,
            }
        );
        assert_eq!(found.done() + found.hidden + found.open, found.images);
        assert_eq!(progress::<u32>(&[], &[]), Progress::default());
    }

    #[test]
    fn more_findings_than_before_are_no_progress_and_no_loss() {
        let now = [Now { asset: "a", open: 9, hidden: 0, replaced_by: None }];
        let found = progress(&[Earlier { asset: "a", findings: 4 }], &now);
        assert_eq!((found.open, found.findings_done), (1, 0));
    }
}
