//! What goes to stdout and stderr.

use anyhow::Context;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Prints to stdout. A reader that has gone away (`huffwire ... | head`) has seen what it wanted.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}

/// Prints `value` as JSON.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Prints an error and its causes on stderr, a line each.
pub fn print_error(error: &anyhow::Error) {
    let line = |e: &dyn std::fmt::Display| e.to_string().replace('\n', " ");
    let mut last = line(error);
    let mut text = format!("error: {last}\n");
    for cause in error.chain().skip(1).map(|c| line(&c)) {
        // Most messages of the library tell their cause already.
        if !last.contains(&cause) {
            text += &format!("  caused by: {cause}\n");
        }
        last = cause;
    }
    // Nobody is left to hear that stderr is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// A note on stderr.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "note: {text}");
}

/// A progress bar on stderr over `total` bytes; not shown unless stderr is a terminal.
pub fn progress(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what);
    let template = "{msg} [{wide_bar}] {bytes}/{total_bytes} {eta}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A progress bar on stderr over steps, whose number is set as soon as it is known; not shown unless stderr is a terminal.
pub fn progress_steps(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(1).with_message(what);
    let template = "{msg} [{wide_bar}] {pos}/{len} {eta}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// A table with a header; columns of numbers are aligned to the right, all others to the left.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    let number = |cell: &String| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header).add_rows(&rows);
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if rows.iter().filter_map(|row| row.get(i)).all(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
