//! Static checks of Verilog by three tools. Any message is a failure.
//!
//! | tool | what runs |
//! |---|---|
//! | Verilator | `--lint-only -Wall` |
//! | Icarus Verilog | `-g2001 -Wall -tnull`, where it is installed |
//! | Yosys | `read_verilog`, `hierarchy -check`, `proc`, `check -assert`; a latch is a warning of `proc` |

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use thiserror::Error;

use crate::tools::{run, ToolBox, ToolError};

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LintTool {
    /// `verilator --lint-only -Wall`.
    Verilator,
    /// `iverilog -g2001 -Wall`.
    Icarus,
    /// Yosys `check -assert`.
    Yosys,
}

impl fmt::Display for LintTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LintTool::Verilator => "verilator",
            LintTool::Icarus => "iverilog",
            LintTool::Yosys => "yosys",
        })
    }
}

/// What the checks found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LintError {
    /// A tool has something to say about the Verilog.
    #[error("{tool} on `{top}`:\n{}", messages.join("\n"))]
    Findings {
        /// Which tool.
        tool: LintTool,
        /// The top module.
        top: String,
        /// Its messages.
        messages: Vec<String>,
    },
    /// A tool is missing or cannot be run.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The Verilog could not be written for the tools.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
}

/// Checks `verilog` with every tool there is and returns which ran. Icarus is skipped, with a message on
/// standard error, where it is not installed (with `CI=true` that is an error).
pub fn lint(verilog: &str, top: &str) -> Result<Vec<LintTool>, LintError> {
    lint_with(verilog, top, ToolBox::from_env())
}

/// As [`lint()`](lint()), with the tools given.
pub fn lint_with(verilog: &str, top: &str, tools: &ToolBox) -> Result<Vec<LintTool>, LintError> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| LintError::File { path, source }
    };
    let dir = tempfile::tempdir().map_err(at(&std::env::temp_dir()))?;
    let file = dir.path().join("lint.v");
    fs::write(&file, verilog).map_err(at(&file))?;
    let judge = |tool, log: Result<String, ToolError>, is_message: fn(&str) -> bool| {
        let (log, failed) = match log {
            Ok(log) => (log, false),
            Err(ToolError::Failed { output, .. }) => (output, true),
            Err(e) => return Err(LintError::Tool(e)),
        };
        let mut messages: Vec<String> = log.lines().filter(|l| is_message(l)).map(String::from).collect();
        if failed && messages.is_empty() {
            messages.push(log);
        }
        match messages.is_empty() {
            true => Ok(tool),
            false => Err(LintError::Findings { tool, top: top.into(), messages }),
        }
    };
    // Verilator closes with a report of its own, in lines that start with a dash.
    let any: fn(&str) -> bool = |line| !line.trim().is_empty() && !line.starts_with("- ");

    // DECLFILENAME wants a file a module: the export is one file on purpose.
    let mut command = tools.verilator()?.command();
    command.args(["--lint-only", "-Wall", "-Wno-DECLFILENAME", "--top-module", top]).arg(&file);
    let mut ran = vec![judge(LintTool::Verilator, run(&mut command), any)?];

    if let Some(iverilog) = tools.iverilog()? {
        let mut command = Command::new(iverilog);
        command.args(["-g2001", "-Wall", "-tnull", "-s", top]).arg(&file);
        ran.push(judge(LintTool::Icarus, run(&mut command), any)?);
    }

    let script = format!("read_verilog {}\nhierarchy -check -top {top}\nproc\ncheck -assert\n", file.display());
    let log = tools.yosys()?.run(&script);
    ran.push(judge(LintTool::Yosys, log, |l| l.starts_with("Warning:") || l.starts_with("ERROR:"))?);
    Ok(ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "module top(input clk, input [3:0] a, output reg [3:0] y);\n\
        wire [3:0] n;\n inner u(.a(a), .n(n));\n always @(posedge clk) y <= n;\nendmodule\n\
        module inner(input [3:0] a, output wire [3:0] n);\n assign n = ~a;\nendmodule\n";

    fn findings(verilog: &str) -> (LintTool, String) {
        match lint(verilog, "top") {
            Err(LintError::Findings { tool, messages, .. }) => (tool, messages.join("\n")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn clean_verilog_passes() {
        let ran = lint(GOOD, "top").unwrap();
        assert!(ran.contains(&LintTool::Verilator) && ran.contains(&LintTool::Yosys), "{ran:?}");
    }

    #[test]
    fn a_width_warning_fails() {
        let (tool, text) = findings(&GOOD.replace("y <= n", "y <= n[2:0]"));
        assert_eq!(tool, LintTool::Verilator);
        assert!(text.contains("WIDTHEXPAND"), "{text}");
    }

    #[test]
    fn a_syntax_error_fails() {
        let (_, text) = findings("module top(; endmodule");
        assert!(text.contains("syntax error"), "{text}");
    }

    #[test]
    fn what_only_yosys_sees_fails() {
        // Verilator is told to hold its tongue about the latch; Yosys is not.
        let latch = "module top(input e, input a, output reg y);\n\
            /* verilator lint_off LATCH */\n always @* if (e) y = a;\nendmodule\n";
        let (tool, text) = findings(latch);
        assert_eq!(tool, LintTool::Yosys);
        assert!(text.contains("Latch inferred"), "{text}");
    }
}
