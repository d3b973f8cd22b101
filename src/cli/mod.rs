//! The command line: one file a command, and what they share.
//!
//! Exit codes: 0 done, 1 failed (`error:` and the reasons on stderr), 2 wrong usage.

mod commands;
mod input;
mod link_args;
mod output;
mod parameters;

use clap::Parser;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  huffwire demo                                        everything at once, on real tensors that come with it
  huffwire calibrate acts.safetensors -o bank.json     a bank of codebooks from a batch of tensors
  huffwire inspect bank.json                           what the codes look like
  huffwire analyze acts.safetensors --bank bank.json   bits spent on each tensor, against its own Huffman code
  huffwire encode model.safetensors --bank bank.json   a tensor file, compressed to model.safetensors.hfw
  huffwire decode model.safetensors.hfw -o back.safetensors
  huffwire reproduce -o page                           the paper's evaluation, and what it leaves out, as a page
  huffwire link --preset ucie-x64-32                   what all that buys on a die-to-die link, clock by clock
  huffwire report -o report.html                       one page: what it gains, what it costs, how it was measured
  huffwire simulate acts.safetensors --bank bank.json  through encoder and decoder RTL, clock by clock
  huffwire export --bank bank.json -o rtl              the cores as Verilog

'huffwire COMMAND --help' explains a command, with examples.
Exit codes: 0 done, 1 failed, 2 wrong usage.";

/// Streaming single-stage Huffman codec for die-to-die links
///
/// Codebooks are fixed beforehand, so that every symbol leaves as it comes: no pass to count, no table to send.
/// Reference codec, encoder and decoder RTL, codebook tools.
#[derive(Parser)]
#[command(name = "huffwire", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

/// Runs the command line and gives the exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            output::print_error(&e);
            ExitCode::FAILURE
        }
    }
}
