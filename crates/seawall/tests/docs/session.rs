//! A `console` block is a session of a shell: each line with `$ ` in front is typed, and what stands below it is what
//! is printed. `…` alone on a line stands for any lines, `…` in a line for any text. A line with `> ` in front
//! continues a command.

use std::{
    fs::{self, File},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{bench::Bench, page::Block};

/// What is typed and what is shown below it.
struct Step<'a> {
    /// Lines of the command.
    typed: Vec<&'a str>,
    /// Number of its first line.
    line: usize,
    shown: Vec<&'a str>,
}

/// A step that printed something else than is shown.
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) difference: String,
}

/// No command of a page takes longer.
const LIMIT: Duration = Duration::from_secs(60);

const MARKER: &str = "---8<--- end of a step";

fn steps<'a>(block: &Block<'a>) -> Result<Vec<Step<'a>>, Wrong> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (offset, &text) in block.lines.iter().enumerate() {
        let line = block.line + offset;
        match (text.strip_prefix("$ "), text.strip_prefix("> "), steps.last_mut()) {
            (Some(typed), _, _) => steps.push(Step { typed: vec![typed], line, shown: Vec::new() }),
            (None, Some(typed), Some(step)) if step.shown.is_empty() => step.typed.push(typed),
            (None, _, Some(step)) => step.shown.push(text),
            (None, _, None) => {
                return Err(Wrong { line, difference: "a console block begins with a line '$ …'".into() });
            }
        }
    }
    Ok(steps)
}

/// Runs a block. Gives what is wrong, and the block as it would be right.
pub(crate) fn run(block: &Block<'_>, bench: &Bench) -> (Vec<Wrong>, Vec<String>) {
    let steps = match steps(block) {
        Ok(steps) => steps,
        Err(wrong) => return (vec![wrong], block.lines.iter().map(|line| (*line).to_owned()).collect()),
    };
    let printed = printed(&steps, bench);
    let mut wrong = Vec::new();
    let mut right = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let printed = printed.get(number).map_or(&[][..], Vec::as_slice);
        let shown = without_blank_end(&step.shown);
        right.extend(step.typed.iter().enumerate().map(|(n, text)| {
            let prompt = if n == 0 { '$' } else { '>' };
            format!("{prompt} {text}")
        }));
        if fits(shown, printed) {
            right.extend(step.shown.iter().map(|line| (*line).to_owned()));
        } else {
            let difference = format!("$ {}\n{}", step.typed.join("\n> "), difference(shown, printed));
            wrong.push(Wrong { line: step.line, difference });
            right.extend(corrected(shown, printed));
        }
    }
    (wrong, right)
}

/// What each step prints, standard error with standard output as on a terminal.
fn printed(steps: &[Step<'_>], bench: &Bench) -> Vec<Vec<String>> {
    // After each step a line ends it, and `$?` is what it was.
    let script: String = steps
        .iter()
        .map(|step| {
            format!("{}\nstatus=$?; printf '\\n%s\\n' '{MARKER}'; (exit $status)\n", step.typed.join("\n"))
        })
        .collect();
    let log = bench.path("log");
    let out = File::create(&log).unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &bench.as_typed(&script)])
        .current_dir(bench.path("work"))
        .env_clear()
        .envs(bench.environment())
        .stdin(Stdio::null())
        .stderr(out.try_clone().unwrap())
        .stdout(out)
        .spawn()
        .expect("sh is needed");
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("this took more than {} s:\n{script}", LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let text = bench.as_documented(&String::from_utf8_lossy(&fs::read(log).unwrap()));
    text.split(&format!("\n{MARKER}\n"))
        .map(|part| {
            let lines: Vec<&str> = part.lines().map(str::trim_end).collect();
            without_blank_end(&lines).iter().map(|line| (*line).to_owned()).collect()
        })
        .collect()
}

fn without_blank_end<'s, 'a>(lines: &'s [&'a str]) -> &'s [&'a str] {
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
    &lines[..end]
}

/// Is `printed` what is `shown`?
fn fits(shown: &[&str], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..])),
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, more)| line_fits(first, line) && fits(rest, more))
        }
    }
}

/// Is `printed` the line that is `shown`, where `…` in it stands for any text?
fn line_fits(shown: &str, printed: &str) -> bool {
    let mut parts = shown.trim_end().split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// How the lines that are shown lie beside those that are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    /// These fit.
    Same(usize, usize),
    /// The second stands where the first should.
    Other(usize, usize),
    /// The `…` at the first begins to stand for lines.
    Ellipsis(usize),
    /// A `…` stands for this printed line.
    Hidden,
    /// Shown and not printed.
    Missing(usize),
    /// Printed and not shown.
    Extra(usize),
}

/// The best way to lay them beside each other: lines that fit are worth most, and what a `…` stands for costs nothing.
fn pairs(shown: &[&str], printed: &[String]) -> Vec<Pair> {
    let (rows, columns) = (shown.len(), printed.len());
    let mut best = vec![vec![(0_i64, None); columns + 1]; rows + 1];
    for i in (0..=rows).rev() {
        for j in (0..=columns).rev() {
            let (is_shown, is_printed) = (i < rows, j < columns);
            let ellipsis = is_shown && shown[i] == "…";
            let mut ways = Vec::new();
            if ellipsis {
                ways.push((best[i + 1][j].0, Pair::Ellipsis(i)));
                if is_printed {
                    ways.push((best[i][j + 1].0, Pair::Hidden));
                }
            } else if is_shown {
                if is_printed {
                    let fits = line_fits(shown[i], &printed[j]);
                    let (worth, pair) = if fits { (2, Pair::Same(i, j)) } else { (-1, Pair::Other(i, j)) };
                    ways.push((best[i + 1][j + 1].0 + worth, pair));
                }
                ways.push((best[i + 1][j].0 - 2, Pair::Missing(i)));
            }
            if is_printed && !ellipsis {
                ways.push((best[i][j + 1].0 - 2, Pair::Extra(j)));
            }
            if let Some(way) = ways.into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a }) {
                best[i][j] = (way.0, Some(way.1));
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while let Some(pair) = best[i][j].1 {
        pairs.push(pair);
        i += usize::from(!matches!(pair, Pair::Hidden | Pair::Extra(_)));
        j += usize::from(!matches!(pair, Pair::Ellipsis(_) | Pair::Missing(_)));
    }
    pairs
}

/// Line by line: `-` is shown and not printed, `+` is printed and not shown.
fn difference(shown: &[&str], printed: &[String]) -> String {
    let lines = pairs(shown, printed).into_iter().map(|pair| match pair {
        Pair::Same(_, j) => format!("    {}\n", printed[j]),
        Pair::Other(i, j) => format!("  - {}\n  + {}\n", shown[i], printed[j]),
        Pair::Ellipsis(_) => "    …\n".to_owned(),
        Pair::Hidden => String::new(),
        Pair::Missing(i) => format!("  - {}\n", shown[i]),
        Pair::Extra(j) => format!("  + {}\n", printed[j]),
    });
    lines.collect()
}

/// What should be shown: what is printed, with the `…` that stand there.
fn corrected(shown: &[&str], printed: &[String]) -> Vec<String> {
    let lines = pairs(shown, printed).into_iter().filter_map(|pair| match pair {
        Pair::Same(i, _) => Some(shown[i].to_owned()),
        Pair::Other(_, j) | Pair::Extra(j) => Some(printed[j].clone()),
        Pair::Ellipsis(_) => Some("…".to_owned()),
        Pair::Hidden | Pair::Missing(_) => None,
    });
    lines.collect()
}

#[test]
fn an_ellipsis_stands_for_lines_or_for_text() {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    for (shown, printed, expect) in [
        (&["a", "b"][..], &["a", "b"][..], true),
        (&["a", "…"], &["a"], true),
        (&["a", "…", "d"], &["a", "b", "c", "d"], true),
        (&["…", "c"], &["a", "b"], false),
        (&["a … z"], &["a 1 2 z"], true),
        (&["a…z"], &["az"], true),
        (&["a…b…c"], &["a-b-c"], true),
        (&["a…b…c"], &["a-c"], false),
        (&["a…a"], &["a"], false),
        (&["a"], &["a", "b"], false),
        (&["a"], &["ab"], false),
        (&[], &["a"], false),
    ] {
        assert_eq!(fits(shown, &owned(printed)), expect, "{shown:?} {printed:?}");
    }
}

#[test]
fn what_differs_is_told_and_corrected() {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    for (shown, printed, told, right) in [
        (&["a", "b", "c"][..], &["a", "x", "c"][..], "    a\n  - b\n  + x\n    c\n", &["a", "x", "c"][..]),
        (&["a", "c"], &["a", "b", "c"], "    a\n  + b\n    c\n", &["a", "b", "c"]),
        (&["a", "b"], &["a"], "    a\n  - b\n", &["a"]),
        // The `…` stays where it is.
        (&["head", "…"], &["other", "x", "y"], "  - head\n  + other\n    …\n", &["other", "…"]),
        (&["a 1", "…", "z"], &["a 2", "x", "z"], "  - a 1\n  + a 2\n    …\n    z\n", &["a 2", "…", "z"]),
        (&["n … m", "b"], &["n 1 m", "c"], "    n 1 m\n  - b\n  + c\n", &["n … m", "c"]),
    ] {
        assert_eq!(difference(shown, &owned(printed)), told, "{shown:?}");
        assert_eq!(corrected(shown, &owned(printed)), owned(right), "{shown:?}");
    }
}
