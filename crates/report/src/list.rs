//! Lists for a terminal: a head, a row for each thing.

use crate::text::{cut, pad, plain, width};

/// Columns between two columns.
const GAP: usize = 2;
/// A column is not cut to less than this.
const LEAST: usize = 8;

/// A table with this head. Where rows are wider than `columns`, the widest columns are cut; the first, which names the row,
/// last of all. No text steers the terminal. Without rows it says that there are none.
#[must_use]
pub fn list(head: &[&str], rows: &[Vec<String>], columns: usize) -> String {
    if rows.is_empty() {
        return "none\n".to_owned();
    }
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell).into_owned()).collect()).collect();
    let mut widths: Vec<usize> = head.iter().map(|title| width(title)).collect();
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    shrink(&mut widths, columns);
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (cell, columns) in cells.zip(&widths) {
            text.push_str(&pad(&cut(cell, *columns), columns + GAP));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut head.iter().copied());
    for row in &rows {
        line(&mut row.iter().map(String::as_str));
    }
    out
}

fn shrink(widths: &mut [usize], columns: usize) {
    let all = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    while all(widths) > columns {
        let rest = widths.iter_mut().skip(1).max_by_key(|width| **width).filter(|width| **width > LEAST);
        match rest {
            Some(width) => *width -= 1,
            None => match widths.first_mut().filter(|width| **width > LEAST) {
                Some(width) => *width -= 1,
                None => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_line_up_and_nothing_steers() {
        let text = list(&["Name", "State"], &[row(&["a", "ok"]), row(&["日本\u{1b}[2J", "x"])], 80);
        assert_eq!(text, "Name           State\na              ok\n日本\\u{1b}[2J  x\n");
        assert_eq!(list(&["Name"], &[], 80), "none\n");
    }

    #[test]
    fn what_is_too_wide_is_cut_the_first_column_last() {
        let long = "x".repeat(60);
        for columns in [30, 40, 80] {
            let text = list(&["Name", "Detail", "N"], &[row(&["registry/a", &long, "1"])], columns);
            assert!(text.lines().all(|line| width(line) <= columns), "{columns}: {text}");
            assert!(text.contains("registry/a"), "{text}");
        }
        let narrow = list(&["Name", "Detail"], &[row(&[&long, &long])], 5);
        assert!(narrow.lines().all(|line| width(line) <= 2 * LEAST + GAP), "{narrow}");
    }
}
