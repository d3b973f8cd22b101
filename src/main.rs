//! Command line of huffwire.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
