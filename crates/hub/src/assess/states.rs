//! What the controls say of an asset as a short text, one letter each: what scores are summed up from.

use model::StateKind;
use posture::{AssetKind, Control, ControlIndex, Controls, Judged, StateCounts, Verdict};

const EXEMPT: char = 'e';

const fn letter(state: StateKind) -> char {
    match state {
        StateKind::Healthy => 'h',
        StateKind::Unhealthy => 'u',
        StateKind::NotAssessed => 'a',
        StateKind::NotApplicable => 'n',
    }
}

/// A letter for each verdict, in the order of the kind's controls.
pub(crate) fn letters(judged: &Judged) -> String {
    let of = |(index, verdict): &(ControlIndex, Verdict)| {
        let is_exempt = judged.exempted.iter().any(|exempted| exempted.control == *index);
        if is_exempt { EXEMPT } else { letter(verdict.state) }
    };
    judged.verdicts.iter().map(of).collect()
}

/// States by control, and the controls that are exempt among them.
pub(crate) type States = (Vec<(ControlIndex, StateKind)>, Vec<ControlIndex>);

/// The states of a text of letters. `None`: it is of another set of controls, as after an upgrade before all was judged
/// again.
#[must_use]
pub(crate) fn states_of(controls: &Controls, kind: AssetKind, letters: &str) -> Option<States> {
    let mut states = Vec::with_capacity(letters.len());
    let mut exempt = Vec::new();
    let mut rest = letters.chars();
    for (index, _) in controls.of(kind) {
        let state = match rest.next()? {
            'h' => StateKind::Healthy,
            'u' => StateKind::Unhealthy,
            'a' => StateKind::NotAssessed,
            'n' => StateKind::NotApplicable,
            EXEMPT => {
                exempt.push(index);
                StateKind::NotApplicable
            }
            _ => return None,
        };
        states.push((index, state));
    }
    rest.next().is_none().then_some((states, exempt))
}

/// Controls by state, without those that are previews.
#[must_use]
pub(crate) fn counts(controls: &Controls, states: &[(ControlIndex, StateKind)]) -> StateCounts {
    let mut counts = StateCounts::default();
    for (index, state) in states {
        if controls.get(*index).is_some_and(|control| !control.preview) {
            counts.add(*state, 1);
        }
    }
    counts
}

/// Longest cause of an asset, in characters.
const CAUSE: usize = 240;

/// Why an asset is as it is, in one line: what its controls of that state say, the worst first, each text once. Of a
/// healthy one what else to know.
pub(crate) fn cause(controls: &Controls, state: StateKind, judged: &Judged) -> String {
    let mut of: Vec<(&Control, &Verdict)> = judged
        .verdicts
        .iter()
        .filter(|(_, verdict)| verdict.state == state)
        .filter_map(|(index, verdict)| Some((controls.get(*index)?, verdict)))
        .filter(|(control, _)| !control.preview)
        .collect();
    of.sort_by(|(a, _), (b, _)| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let mut texts: Vec<&str> = Vec::new();
    for (_, verdict) in of {
        let own = verdict.causes.iter().map(|cause| cause.text.as_str());
        for text in own.chain(verdict.notes.iter().map(AsRef::as_ref)) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    let mut line = texts.join("; ");
    if let Some((at, _)) = line.char_indices().nth(CAUSE) {
        line.truncate(at);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_there_and_back_and_others_are_refused() {
        let controls = posture::builtin().unwrap();
        let of = controls.of(AssetKind::Registry).map(|(index, _)| index).collect::<Vec<_>>();
        assert_eq!(of.len(), 2, "the test names two");
        let judged = Judged {
            verdicts: vec![(of[0], Verdict::healthy()), (of[1], Verdict::not_assessed(Vec::new()))],
            ..Judged::default()
        };
        assert_eq!(letters(&judged), "ha");
        let (states, exempt) = states_of(controls, AssetKind::Registry, "ue").unwrap();
        assert_eq!(states, [(of[0], StateKind::Unhealthy), (of[1], StateKind::NotApplicable)]);
        assert_eq!(exempt, [of[1]]);
        for wrong in ["", "h", "hhh", "hx"] {
            assert_eq!(states_of(controls, AssetKind::Registry, wrong), None, "{wrong}");
        }
    }
}
