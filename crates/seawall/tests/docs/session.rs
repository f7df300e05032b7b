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
            right.extend(printed.iter().cloned());
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

/// Line by line: `-` is shown and not printed, `+` is printed and not shown.
fn difference(shown: &[&str], printed: &[String]) -> String {
    // The longest common run of lines from (i, j) to the ends.
    let mut common = vec![vec![0_usize; printed.len() + 1]; shown.len() + 1];
    for i in (0..shown.len()).rev() {
        for j in (0..printed.len()).rev() {
            common[i][j] = if line_fits(shown[i], &printed[j]) {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = String::new();
    while i < shown.len() || j < printed.len() {
        let same = i < shown.len() && j < printed.len() && line_fits(shown[i], &printed[j]);
        if same {
            out.push_str(&format!("    {}\n", printed[j]));
            (i, j) = (i + 1, j + 1);
        } else if j == printed.len() || (i < shown.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push_str(&format!("  - {}\n", shown[i]));
            i += 1;
        } else {
            out.push_str(&format!("  + {}\n", printed[j]));
            j += 1;
        }
    }
    out
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
    let text = difference(&["a", "b", "c"], &owned(&["a", "x", "c"]));
    assert_eq!(text, "    a\n  - b\n  + x\n    c\n");
}
