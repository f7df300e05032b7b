//! Instructions of an image's history, without the values that may be secrets.

/// An instruction without values of environment variables (`ENV A=b`) and build arguments (`|1 A=b /bin/sh -c …`).
/// `names` are the variables that the image sets.
pub(super) fn without_values(step: &str, names: &[String]) -> String {
    const NOP: &str = "/bin/sh -c #(nop)";
    let plain = step.strip_prefix(NOP).unwrap_or(step).trim_start();
    if let Some(rest) = plain.strip_prefix("ENV").filter(|rest| rest.starts_with([' ', '\t'])) {
        return said("ENV", rest, names);
    }
    if let Some(rest) = plain.strip_prefix("ARG").filter(|rest| rest.starts_with([' ', '\t'])) {
        // `ARG NAME=value`: one name.
        let name = rest.trim_start().split(['=', ' ']).next().unwrap_or_default();
        return if rest.contains('=') { format!("ARG {name}=…") } else { format!("ARG {name}") };
    }
    // BuildKit writes `RUN |1 A=b /bin/sh -c make # buildkit`, the older builder the same without RUN. A value may hold
    // anything, also what looks like the end of the list: all that stands before the last shell goes.
    let (run, after) = match plain.strip_prefix("RUN ") {
        Some(after) => ("RUN ", after),
        None => ("", plain),
    };
    if after.starts_with('|') {
        let shell = ["/bin/sh -c ", "/bin/bash -c "].iter().filter_map(|shell| after.rfind(shell)).max();
        let command = shell.and_then(|at| after.get(at..)).unwrap_or_default();
        return format!("{run}|… {command}").trim_end().to_owned();
    }
    step.to_owned()
}

fn said(word: &str, rest: &str, names: &[String]) -> String {
    let mut out = word.to_owned();
    for name in names {
        let set = rest.match_indices(name.as_str()).any(|(at, _)| {
            let before = rest.get(..at).and_then(|before| before.chars().next_back());
            let after = rest.get(at + name.len()..).and_then(|after| after.chars().next());
            before.is_none_or(char::is_whitespace) && matches!(after, Some('=' | ' '))
        });
        if set && !name.is_empty() {
            out.push_str(&format!(" {name}=…"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_and_values_go() {
        let names = ["PATH".to_owned(), "TOKEN".to_owned(), "A".to_owned()];
        for (step, left) in [
            ("ENV TOKEN=hunter2", "ENV TOKEN=…"),
            ("ENV PATH=/bin TOKEN=\"a b A=1\"", "ENV PATH=… TOKEN=… A=…"),
            ("/bin/sh -c #(nop)  ENV TOKEN=hunter2", "ENV TOKEN=…"),
            ("ENV TOKEN hunter2", "ENV TOKEN=…"),
            ("ENV OTHER=hunter2", "ENV"),
            ("ARG KEY=hunter2", "ARG KEY=…"),
            ("/bin/sh -c #(nop)  ARG KEY", "ARG KEY"),
            ("|1 KEY=hunter2 /bin/sh -c make all", "|… /bin/sh -c make all"),
            (
                "RUN |2 KEY=hunter2 B=/bin/sh -c x /bin/sh -c make # buildkit",
                "RUN |… /bin/sh -c make # buildkit",
            ),
            ("RUN |1 KEY=hunter2", "RUN |…"),
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", "/bin/sh -c #(nop)  CMD [\"bash\"]"),
            ("COPY . /app # buildkit", "COPY . /app # buildkit"),
            ("ENVIRONMENT", "ENVIRONMENT"),
        ] {
            assert_eq!(without_values(step, &names), left, "{step}");
        }
    }
}
