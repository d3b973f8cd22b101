//! What a block must not contain to be printed as Verilog.

use thiserror::Error;

/// Why a block has no Verilog. `module` is the path of the block within the design, `top` being the design itself.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EmitError {
    /// rust-hdl's own checks: open signals, logic loops, written inputs.
    #[error("rust-hdl's checks refuse the design: {0}")]
    Check(String),
    /// Not a name that Verilog can have.
    #[error("{name:?} in {module} cannot be a Verilog name: {reason}")]
    Name {
        /// Block.
        module: String,
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two things with one name.
    #[error("{module} has two things that would be called {name:?} in Verilog")]
    Collision {
        /// Block.
        module: String,
        /// Their name.
        name: String,
    },
    /// A kernel uses a name that is no signal, constant, loop index or enum variant.
    #[error("{name:?} in {module} is no signal, constant, loop index or enum variant of the block")]
    UnknownName {
        /// Block.
        module: String,
        /// The name.
        name: String,
    },
    /// An array index that is no constant expression of loop indices.
    #[error("array index in {name:?} of {module}: must be a constant expression of loop indices")]
    ArrayIndex {
        /// Block.
        module: String,
        /// Name and index.
        name: String,
    },
    /// A loop index and a signal of one name, which the kernel's translation cannot tell apart.
    #[error("loop index {name:?} in {module} is also a signal: rename one")]
    LoopIndex {
        /// Block.
        module: String,
        /// The name.
        name: String,
    },
    /// Widths that do not agree.
    #[error("{what} in {module}: {left} bits and {right} bits")]
    Width {
        /// Block.
        module: String,
        /// The operation or the target.
        what: String,
        /// One width.
        left: usize,
        /// The other.
        right: usize,
    },
    /// A width outside 1 ... 128 bits in an expression, or none that could be found.
    #[error("{what} in {module} is {bits} bits wide: must be 1 to {max}", max = super::ir::MAX_BITS)]
    Bits {
        /// Block.
        module: String,
        /// Signal or expression.
        what: String,
        /// Its width.
        bits: usize,
    },
    /// A literal that its width cannot hold.
    #[error("literal {value} in {module} does not fit in {bits} bits")]
    Literal {
        /// Block.
        module: String,
        /// Its value.
        value: u128,
        /// The width it must have.
        bits: usize,
    },
    /// A signal that keeps its old value on some path through the kernel: a latch.
    #[error("{signal} in {module} is not assigned on every path through the kernel: give it a default first")]
    Latch {
        /// Block.
        module: String,
        /// The signal.
        signal: String,
    },
    /// A signal read, on some path, before the kernel assigns it.
    #[error("{signal} in {module} is read before it is assigned")]
    ReadBeforeAssignment {
        /// Block.
        module: String,
        /// The signal.
        signal: String,
    },
    /// A sub-block's input read before its last assignment: simulation would read the last one.
    #[error("{signal} in {module}, an input of a sub-block, is assigned again after it was read")]
    AssignedAfterRead {
        /// Block.
        module: String,
        /// The signal.
        signal: String,
    },
    /// An assignment to what the block does not drive.
    #[error("{module} assigns {signal}, which it does not drive")]
    NotAssignable {
        /// Block.
        module: String,
        /// The signal.
        signal: String,
    },
    /// A clock driven by anything but a clock.
    #[error("clock {signal} in {module} must be assigned once, unconditionally, from a clock")]
    Clock {
        /// Block.
        module: String,
        /// The signal.
        signal: String,
    },
    /// A construct that has no Verilog here.
    #[error("{what} in {module} cannot be printed as Verilog")]
    Unsupported {
        /// Block.
        module: String,
        /// The construct.
        what: String,
    },
}
