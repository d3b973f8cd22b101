//! The list of commands. A command is a file with a struct `Args` (clap) that has a method `run`; its help is the
//! documentation of `Args`.

/// Makes modules, the enum for clap, and the call, from one line a command.
macro_rules! commands {
    ($($file:ident => $name:ident,)*) => {
        $(mod $file;)*

        /// A command with its arguments.
        #[derive(clap::Subcommand)]
        pub enum Command {
            $(#[allow(missing_docs)] $name($file::Args),)*
        }

        impl Command {
            /// Runs the command.
            pub fn run(self) -> anyhow::Result<()> {
                match self {
                    $(Command::$name(args) => args.run(),)*
                }
            }
        }
    };
}

commands! {
    demo => Demo,
    calibrate => Calibrate,
    inspect => Inspect,
    encode => Encode,
    decode => Decode,
    simulate => Simulate,
    export => Export,
    completions => Completions,
}
