//! `huffwire completions`.

use crate::cli::output::print;
use crate::cli::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

/// Print a completion script for a shell
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire completions bash > ~/.local/share/bash-completion/completions/huffwire
  huffwire completions zsh > ~/.zfunc/_huffwire
  huffwire completions fish > ~/.config/fish/completions/huffwire.fish")]
pub struct Args {
    /// The shell
    shell: Shell,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "huffwire", &mut script);
        print(&String::from_utf8(script)?)
    }
}
