//! [`Settle`]: a block that is simulated where something happens, and nowhere else.
//!
//! Rust-hdl's `simulate` runs every kernel again until nothing changes anywhere, and lets each edge of the clock
//! climb through the tree. A block made by [`LogicBlock`](crate::hdl::LogicBlock) can do less for the same end: its kernel
//! runs when one of its inputs has changed or one of the parts in it says something new, and at the rising edge every
//! register takes its next value at once. [`Activity`] is what it remembers.
//!
//! ```text
//! settle()   inputs taken | parts that the edge woke | kernel, parts | kernel, parts ... until the parts say nothing new
//! edge()     registers and memories take what is at their inputs, and wake the blocks that they are in
//! ```
//!
//! That is the same simulation because kernels are functions of inputs, registers and parts (`#[hdl_gen]` knows nothing
//! else): where none of these has changed, running the kernel changes nothing. Both halves are the blocks' own code; what
//! settles is a fixed point of rust-hdl's `update_all`, as `tests/rtl_tops/activity.rs` checks, signal by signal.
//!
//! Clock signals stay low throughout, and local signals are not compared: rust-hdl's `simulate`, which waveforms need,
//! can take over after any clock.

use rust_hdl::prelude::{Constant, Signal, Synth};
use rust_hdl::prelude::{In, Local, Out};
use std::ops::BitOr;

/// What an edge has changed, as seen from the block around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woken(u8);

impl Woken {
    /// Nothing.
    pub const NOTHING: Woken = Woken(0);
    /// The output of a register or memory: the kernel has to run.
    pub const KERNEL: Woken = Woken(1);
    /// Something inside a block.
    pub const INSIDE: Woken = Woken(2);

    /// [`Woken::KERNEL`] if `changed`.
    #[inline(always)]
    pub fn kernel(changed: bool) -> Self {
        Woken(u8::from(changed))
    }
}

impl BitOr for Woken {
    type Output = Woken;
    #[inline(always)]
    fn bitor(self, other: Woken) -> Woken {
        Woken(self.0 | other.0)
    }
}

/// What is known of one block.
#[derive(Clone, Copy, Debug)]
struct Of {
    woken: Woken,
    /// It has settled since the last edge: only then can the edge change anything in it.
    ran: bool,
    /// Number behind those of the blocks in it.
    behind: u32,
}

/// Which blocks have something to do. Blocks are numbered as they come: each before those in it.
#[derive(Clone, Debug)]
pub struct Activity {
    blocks: Vec<Of>,
    /// Number of the block that comes next.
    at: usize,
    /// Primitives: blocks with a [`Settle`] of their own making.
    primitives: usize,
    /// Rounds that a block may take to settle, and whether one took more.
    limit: u32,
    stuck: bool,
    kernels: u64,
}

impl Activity {
    /// For the blocks in `top`, all of which have yet to run; at most `limit` rounds of one block until it is settled.
    pub fn new(top: &impl Settle, limit: u32) -> Self {
        let mut activity = Activity { blocks: Vec::new(), at: 0, primitives: 0, limit, stuck: false, kernels: 0 };
        top.plan(&mut activity);
        activity
    }

    /// Settles `top`; false if it does not settle.
    pub fn settle<S: Settle>(&mut self, top: &mut S) -> bool {
        (self.at, self.stuck) = (0, false);
        top.settle(self);
        !self.stuck
    }

    /// The rising edge of the clock.
    pub fn edge<S: Settle>(&mut self, top: &mut S) {
        self.at = 0;
        top.edge(self);
    }

    /// Primitives counted.
    pub fn primitives(&self) -> usize {
        self.primitives
    }

    /// Blocks with a kernel.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Kernels run so far.
    pub fn kernels(&self) -> u64 {
        self.kernels
    }
}

/// For the derived code.
impl Activity {
    /// Enters a block into the list.
    pub fn open(&mut self) -> usize {
        self.blocks.push(Of { woken: Woken::KERNEL | Woken::INSIDE, ran: false, behind: 0 });
        self.blocks.len() - 1
    }

    /// All blocks in it have been entered.
    pub fn close(&mut self, block: usize) {
        self.blocks[block].behind = self.blocks.len() as u32;
    }

    /// Counts a block that has a [`Settle`] of its own making.
    pub fn primitive(&mut self) {
        self.primitives += 1;
    }

    /// Number of the block at hand.
    #[inline(always)]
    pub fn enter(&mut self) -> usize {
        self.at += 1;
        self.at - 1
    }

    /// Whether there is anything to settle; if not, the block is passed over.
    #[inline(always)]
    pub fn begin(&mut self, block: usize, taken: bool) -> bool {
        let of = &mut self.blocks[block];
        let active = taken | (of.woken != Woken::NOTHING);
        of.ran |= active;
        if !active {
            self.at = of.behind as usize;
        }
        active
    }

    /// Whether a register of the block has changed.
    #[inline(always)]
    pub fn kernel(&self, block: usize) -> bool {
        self.blocks[block].woken.0 & Woken::KERNEL.0 != 0
    }

    /// Whether something in the blocks of this block has changed.
    #[inline(always)]
    pub fn inside(&self, block: usize) -> bool {
        self.blocks[block].woken.0 & Woken::INSIDE.0 != 0
    }

    /// Begins a round of the block, which has had `rounds`; false if there have been too many.
    #[inline(always)]
    pub fn round(&mut self, block: usize, rounds: &mut u32) -> bool {
        self.at = block + 1;
        self.kernels += 1;
        *rounds += 1;
        self.stuck |= *rounds > self.limit;
        !self.stuck
    }

    /// The block is settled.
    #[inline(always)]
    pub fn end(&mut self, block: usize) {
        let of = &mut self.blocks[block];
        of.woken = Woken::NOTHING;
        self.at = of.behind as usize;
    }

    /// Whether an edge can change anything in the block; if not, it is passed over.
    #[inline(always)]
    pub fn ran(&mut self, block: usize) -> bool {
        let of = &mut self.blocks[block];
        let ran = std::mem::take(&mut of.ran);
        if !ran {
            self.at = of.behind as usize;
        }
        ran
    }

    /// Notes what an edge has changed in a block; what that is to the block around it.
    #[inline(always)]
    pub fn wake(&mut self, block: usize, woken: Woken) -> Woken {
        self.blocks[block].woken = woken;
        match woken {
            Woken::NOTHING => Woken::NOTHING,
            _ => Woken::INSIDE,
        }
    }
}

/// A part of a circuit that can be settled by activity: a signal, a register or memory, a block, or many of one kind.
///
/// The defaults are those of a part that does nothing by itself, a local signal say.
pub trait Settle {
    /// Enters the blocks in it.
    fn plan(&self, activity: &mut Activity) {
        let _ = activity;
    }

    /// An input of the block at hand takes the value that the block around has put there: whether that is a new one.
    #[inline(always)]
    fn take(&mut self) -> bool {
        false
    }

    /// Settles a block: whether its outputs have changed.
    #[inline(always)]
    fn settle(&mut self, activity: &mut Activity) -> bool {
        let _ = activity;
        false
    }

    /// An output of the block at hand: whether its value is a new one.
    #[inline(always)]
    fn give(&mut self) -> bool {
        false
    }

    /// The rising edge of the clock.
    #[inline(always)]
    fn edge(&mut self, activity: &mut Activity) -> Woken {
        let _ = activity;
        Woken::NOTHING
    }
}

/// Gives a signal its next value, as rust-hdl does: whether it is a new one.
#[inline(always)]
fn advance<B: rust_hdl::prelude::Block>(signal: &mut B) -> bool {
    signal.update_all();
    signal.has_changed()
}

impl<T: Synth> Settle for Signal<In, T> {
    #[inline(always)]
    fn take(&mut self) -> bool {
        advance(self)
    }
}

impl<T: Synth> Settle for Signal<Out, T> {
    #[inline(always)]
    fn give(&mut self) -> bool {
        advance(self)
    }
}

impl<T: Synth> Settle for Signal<Local, T> {}
impl<T: Synth> Settle for Constant<T> {}

macro_rules! many {
    ([$($generics:tt)*] $many:ty) => {
        impl<S: Settle, $($generics)*> Settle for $many {
            fn plan(&self, activity: &mut Activity) {
                self.iter().for_each(|part| part.plan(activity));
            }
            #[inline(always)]
            fn take(&mut self) -> bool {
                self.iter_mut().fold(false, |news, part| news | part.take())
            }
            #[inline(always)]
            fn settle(&mut self, activity: &mut Activity) -> bool {
                self.iter_mut().fold(false, |news, part| news | part.settle(activity))
            }
            #[inline(always)]
            fn give(&mut self) -> bool {
                self.iter_mut().fold(false, |news, part| news | part.give())
            }
            #[inline(always)]
            fn edge(&mut self, activity: &mut Activity) -> Woken {
                self.iter_mut().fold(Woken::NOTHING, |woken, part| woken | part.edge(activity))
            }
        }
    };
}
many!([] Vec<S>);
many!([const N: usize] [S; N]);
