//! The list of commands. A command is a file with a struct `Args` (clap) that has a method `run`; its help is the
//! documentation of `Args`.

/// Makes modules, the enum for clap, and the call, from one line a command.
macro_rules! commands {
    ($($(#[$cfg:meta])* $file:ident => $name:ident,)*) => {
        $($(#[$cfg])* mod $file;)*

        /// A command with its arguments: one for each run of the program, so that its size is of no matter.
        #[derive(clap::Subcommand)]
        #[allow(clippy::large_enum_variant)]
        pub enum Command {
            $($(#[$cfg])* #[allow(missing_docs)] $name($file::Args),)*
        }

        impl Command {
            /// Runs the command.
            pub fn run(self) -> anyhow::Result<()> {
                match self {
                    $($(#[$cfg])* Command::$name(args) => args.run(),)*
                }
            }
        }
    };
}

commands! {
    #[cfg(feature = "rtl")]
    demo => Demo,
    calibrate => Calibrate,
    inspect => Inspect,
    analyze => Analyze,
    encode => Encode,
    decode => Decode,
    reproduce => Reproduce,
    #[cfg(feature = "rtl")]
    simulate => Simulate,
    #[cfg(feature = "rtl")]
    export => Export,
    link => Link,
    report => Report,
    completions => Completions,
}
