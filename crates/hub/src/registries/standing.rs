//! Which images are assessed.

use model::State;
use store::Micros;
use time::OffsetDateTime;

/// What is known of when an image was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// When it was seen first.
    pub first: Micros,
    /// The last push that was told of.
    pub pushed: Option<Micros>,
    /// The last pull that was told of.
    pub pulled: Option<Micros>,
    /// When it appeared without a push that was told of.
    pub imported: Option<Micros>,
    /// Since when it is not there any more.
    pub gone: Option<Micros>,
}

/// Whether an image is assessed, and why or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was pushed within the window.
    Pushed(Micros),
    /// It was pulled within the window.
    Pulled(Micros),
    /// It was imported within the window.
    Imported(Micros),
    /// Nobody has touched it for longer than the window; its last pull, or what came before any.
    NotPulledSince(Micros),
    /// It is older than the window, and its registry does not tell of pulls.
    PullTimeUnknown,
    /// It is not there any more.
    Retired(Micros),
}

/// Judges an image at `now`. `tells_pulls`: its registry has told of a pull, so that silence means something. A time in the
/// future, after a clock was set back, lies within the window: the image is looked at rather than not.
#[must_use]
pub fn standing(seen: &Seen, tells_pulls: bool, window_days: u32, now: Micros) -> Standing {
    if let Some(gone) = seen.gone {
        return Standing::Retired(gone);
    }
    let begin = now.plus(-Micros::DAY.saturating_mul(i64::from(window_days)));
    let within = |time: Option<Micros>| time.filter(|time| *time >= begin);
    if let Some(at) = within(seen.pushed) {
        return Standing::Pushed(at);
    }
    if let Some(at) = within(seen.pulled) {
        return Standing::Pulled(at);
    }
    if let Some(at) = within(seen.imported) {
        return Standing::Imported(at);
    }
    if tells_pulls {
        let known = [seen.pulled, seen.pushed, seen.imported];
        return Standing::NotPulledSince(known.into_iter().flatten().max().unwrap_or(seen.first));
    }
    Standing::PullTimeUnknown
}

impl Standing {
    /// Is it assessed?
    #[must_use]
    pub const fn is_assessed(self) -> bool {
        matches!(self, Self::Pushed(_) | Self::Pulled(_) | Self::Imported(_))
    }

    /// The state of every control on it, where it is not assessed. Where pulls are not told, nobody knows whether it is in
    /// use: that is *not assessed* and not *not applicable*, which would look as if somebody had found out.
    #[must_use]
    pub fn state(self) -> Option<State> {
        match self {
            Self::Pushed(_) | Self::Pulled(_) | Self::Imported(_) => None,
            Self::NotPulledSince(at) => {
                Some(State::NotApplicable(vec![format!("not pulled since {}", day(at))]))
            }
            Self::Retired(at) => {
                Some(State::NotApplicable(vec![format!("gone from the registry since {}", day(at))]))
            }
            Self::PullTimeUnknown => Some(State::NotAssessed(vec![
                "pull time unknown: the registry sends no notifications of pulls".to_owned(),
            ])),
        }
    }
}

fn day(at: Micros) -> String {
    OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1_000_000))
        .map_or_else(|_| "an unknown day".to_owned(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    /// So many days ago.
    fn ago(days: i64) -> Option<Micros> {
        Some(NOW.plus(-days * Micros::DAY))
    }

    #[test]
    fn what_was_touched_within_the_window_is_assessed_and_the_rest_says_why_not() {
        use Standing::{Imported, NotPulledSince, PullTimeUnknown, Pulled, Pushed, Retired};
        let at = |days| ago(days).unwrap();
        let first = at(90);
        let just = at(30).plus(-1);
        // Pushed, pulled, imported, gone; does the registry tell; what is it.
        let cases = [
            (ago(1), None, None, None, true, Pushed(at(1))),
            (ago(1), None, None, None, false, Pushed(at(1))),
            (ago(30), None, None, None, true, Pushed(at(30))),
            (Some(just), None, None, None, true, NotPulledSince(just)),
            (Some(just), None, None, None, false, PullTimeUnknown),
            (ago(60), ago(2), None, None, true, Pulled(at(2))),
            (ago(60), ago(31), None, None, true, NotPulledSince(at(31))),
            (None, None, ago(3), None, false, Imported(at(3))),
            (None, None, ago(40), None, false, PullTimeUnknown),
            (None, None, ago(40), None, true, NotPulledSince(at(40))),
            (None, None, None, None, true, NotPulledSince(first)),
            (ago(1), ago(1), ago(1), ago(0), true, Retired(NOW)),
            // The clock was set back.
            (ago(-5), None, None, None, true, Pushed(at(-5))),
        ];
        for (pushed, pulled, imported, gone, tells, wanted) in cases {
            let seen = Seen { first, pushed, pulled, imported, gone };
            let is = standing(&seen, tells, 30, NOW);
            assert_eq!(is, wanted, "{seen:?}");
            assert_eq!(is.is_assessed(), is.state().is_none());
        }
        let seen = Seen { pushed: ago(31), ..Seen::default() };
        assert!(standing(&seen, true, 31, NOW).is_assessed(), "the window is the operator's");
        assert!(standing(&seen, true, u32::MAX, Micros(i64::MIN)).is_assessed(), "nothing wraps");
    }

    #[test]
    fn the_state_says_since_when_or_that_it_is_not_known() {
        let not_pulled = Standing::NotPulledSince(Micros(1_700_000_000_000_000)).state();
        assert_eq!(not_pulled, Some(State::NotApplicable(vec!["not pulled since 2023-11-14".to_owned()])));
        let Some(State::NotAssessed(causes)) = Standing::PullTimeUnknown.state() else { panic!() };
        assert!(causes[0].starts_with("pull time unknown"));
    }
}
