//! The tracked exponent bias (wire format, section 6.2): follows the exponents block by block. Both cores have one.
//!
//! ```text
//!  exponent --> e or bias --> [ terms ] --> sum --> [ step ] --> + --> [ block ]
//!                 ^                                              '--> T --> [ T of the window ] --> mean --+
//!                 '---- [ bias ] <--- at the end of a block ---- [ means, d - 1 of them ] <----------------'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | the sum with a block is there four clocks after its last step, five with blocks of 8 steps or more, in time for the block after next: `d` >= 1, `B` >= 4 |
//! | throughput | one step a clock |
//!
//! Assumptions: `start` comes with no step under way but the last one, two clocks before it at most. Lanes without an element
//! may hold anything: they are in the last block, whose sum nobody asks for.

use crate::rtl::config::RtlConfig;
use crate::rtl::prelude::*;

/// What a tracker is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TrackerConfig {
    /// Lanes of a turn.
    pub lanes: usize,
    /// Bits of an exponent.
    pub exponent_bits: usize,
    /// log2 of the turns in a block.
    pub block_log2: usize,
    /// `d`, at least 1.
    pub delay: usize,
    /// log2 of the blocks in the window.
    pub window_log2: usize,
}

impl TrackerConfig {
    /// For this configuration; `None` if it tracks nothing.
    pub fn new(config: &RtlConfig) -> Option<Self> {
        let (p, tracking) = (&config.parameters, config.parameters.tracking?);
        Some(TrackerConfig {
            lanes: p.turn_lanes() as usize,
            exponent_bits: config.layout.symbol_bits as usize,
            block_log2: p.block_turns_log2()?,
            delay: tracking.delay.into(),
            window_log2: tracking.window_log2.into(),
        })
    }
}

/// The tracker.
#[derive(LogicBlock)]
pub struct Tracker {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// A packet begins in the next clock, or later.
    pub start: Signal<In, Bit>,
    /// Bias that it begins with, with `start`.
    pub first_bias: Signal<In, U<8>>,
    /// There is a step.
    pub step: Signal<In, Bit>,
    /// Its exponents.
    pub exponent: Vec<Signal<In, U<8>>>,
    /// Bias of the step.
    pub bias: Signal<Out, U<8>>,
    position: BusRegister,
    bias_held: Register<U<8>>,
    term: Vec<Register<U<8>>>,
    /// Sums of four lanes: a register more, where a block leaves time for it.
    part_sum: Vec<BusRegister>,
    step_late: Vec<Register<Bit>>,
    ends_late: Vec<Register<Bit>>,
    step_sum: BusRegister,
    block_sum: BusRegister,
    // The block that has ended: a clock between its sum and that of the window.
    closed: BusRegister,
    closes: Register<Bit>,
    window_sum: BusRegister,
    past: Vec<BusRegister>,
    mean_held: Vec<Register<U<8>>>,
    step1: Register<Bit>,
    step2: Register<Bit>,
    ends1: Register<Bit>,
    ends2: Register<Bit>,
    ends: Signal<Local, Bit>,
    of_lane: Signal<Local, U<8>>,
    added: Bus<Local>,
    summand: Bus<Local>,
    step_now: Signal<Local, Bit>,
    ends_now: Signal<Local, Bit>,
    total: Bus<Local>,
    summed: Bus<Local>,
    of_past: Bus<Local>,
    rounded: Bus<Local>,
    mean: Signal<Local, U<8>>,
    one: BusConstant,
    half: BusConstant,
    divisor_log2: BusConstant,
    initial_block: Bus<Local>,
    initial_window: Bus<Local>,
    elements_log2: BusConstant,
    _step_bits: usize,
    _quarter: usize,
    _block_bits: usize,
    _window_bits: usize,
}

impl Tracker {
    /// The tracker for these blocks.
    pub fn new(config: &TrackerConfig) -> Self {
        assert!(config.delay > 0 && config.block_log2 > 1, "{config:?}");
        let lanes_log2 = config.lanes.ilog2() as usize;
        let elements_log2 = lanes_log2 + config.block_log2;
        let (step_bits, block_bits) = (config.exponent_bits + lanes_log2, config.exponent_bits + elements_log2);
        let divisor_log2 = elements_log2 + config.window_log2;
        let staged = config.block_log2 >= 3;
        // One more for what rounding adds.
        let window_bits = block_bits + config.window_log2 + 1;
        Self {
            clk: port(),
            start: port(),
            first_bias: port(),
            step: port(),
            exponent: many(config.lanes),
            bias: port(),
            position: BusRegister::new(config.block_log2),
            bias_held: port(),
            term: many(config.lanes),
            part_sum: (0..if staged { config.lanes.div_ceil(4) } else { 0 })
                .map(|_| BusRegister::new(step_bits))
                .collect(),
            step_late: many(staged.into()),
            ends_late: many(staged.into()),
            step_sum: BusRegister::new(step_bits),
            block_sum: BusRegister::new(block_bits),
            closed: BusRegister::new(block_bits),
            closes: port(),
            window_sum: BusRegister::new(window_bits),
            past: (1..1 << config.window_log2).map(|_| BusRegister::new(block_bits)).collect(),
            mean_held: many(config.delay - 1),
            step1: port(),
            step2: port(),
            ends1: port(),
            ends2: port(),
            ends: port(),
            of_lane: port(),
            added: Bus::new(step_bits),
            summand: Bus::new(step_bits),
            step_now: port(),
            ends_now: port(),
            _quarter: config.lanes.min(4),
            total: Bus::new(block_bits),
            summed: Bus::new(window_bits),
            of_past: Bus::new(block_bits),
            rounded: Bus::new(window_bits),
            mean: port(),
            one: BusConstant::new(config.block_log2, 1),
            half: BusConstant::new(window_bits, 1 << (divisor_log2 - 1)),
            divisor_log2: BusConstant::new(8, divisor_log2 as u128),
            initial_block: Bus::new(block_bits),
            initial_window: Bus::new(window_bits),
            elements_log2: BusConstant::new(8, elements_log2 as u128),
            _step_bits: step_bits,
            _block_bits: block_bits,
            _window_bits: window_bits,
        }
    }
}

impl Logic for Tracker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, position, bias_held, step_sum, block_sum, closed, closes, window_sum, step1, step2, ends1, ends2
        );
        self.bias.next = self.bias_held.q.val();
        self.ends.next = self.step.val() & self.position.q.val().all();
        if self.step.val() {
            self.position.d.next = self.position.q.val() + self.one.val();
        }
        self.step1.d.next = self.step.val();
        self.ends1.d.next = self.ends.val();
        self.step2.d.next = self.step1.q.val();
        self.ends2.d.next = self.ends1.q.val();

        // Zeros and subnormal numbers count as the bias.
        self.added.next = 0.into();
        for i in 0..self.exponent.len() {
            self.term[i].clock.next = self.clk.val();
            self.term[i].d.next = self.exponent[i].val();
            if !self.exponent[i].val().any() {
                self.term[i].d.next = self.bias_held.q.val();
            }
            self.of_lane.next = self.term[i].q.val();
            self.added.next = self.added.val() + bit_cast_to(self.of_lane.val(), self._step_bits);
        }
        // Four lanes a clock earlier.
        self.step_now.next = self.step2.q.val();
        self.ends_now.next = self.ends2.q.val();
        self.summand.next = 0.into();
        for _staged in 0..self.step_late.len() {
            self.added.next = 0.into();
        }
        for l in 0..self.step_late.len() {
            self.step_late[l].clock.next = self.clk.val();
            self.ends_late[l].clock.next = self.clk.val();
            self.step_late[l].d.next = self.step2.q.val();
            self.ends_late[l].d.next = self.ends2.q.val();
            self.step_now.next = self.step_late[l].q.val();
            self.ends_now.next = self.ends_late[l].q.val();
        }
        for p in 0..self.part_sum.len() {
            self.summand.next = 0.into();
            for q in self._quarter..(self._quarter + 1) {
                for i in 0..self._quarter {
                    self.of_lane.next = self.term[p * q + i].q.val();
                    self.summand.next = self.summand.val() + bit_cast_to(self.of_lane.val(), self._step_bits);
                }
            }
            self.part_sum[p].clock.next = self.clk.val();
            self.part_sum[p].d.next = self.summand.val();
            self.summand.next = self.part_sum[p].q.val();
            self.added.next = self.added.val() + self.summand.val();
        }
        self.step_sum.d.next = self.added.val();
        self.total.next = self.block_sum.q.val() + bit_cast_to(self.step_sum.q.val(), self._block_bits);
        if self.step_now.val() {
            self.block_sum.d.next = self.total.val();
        }
        for i in 0..self.past.len() {
            self.past[i].clock.next = self.clk.val();
            self.past[i].d.next = self.past[i].q.val();
        }

        // The window: the block that ends and those before it.
        self.summed.next = bit_cast_to(self.closed.q.val(), self._window_bits);
        self.of_past.next = 0.into();
        for i in 0..self.past.len() {
            self.of_past.next = self.past[i].q.val();
            self.summed.next = self.summed.val() + bit_cast_to(self.of_past.val(), self._window_bits);
        }
        self.closed.d.next = self.total.val();
        self.closes.d.next = self.ends_now.val();
        if self.ends_now.val() {
            self.block_sum.d.next = 0.into();
        }
        if self.closes.q.val() {
            self.window_sum.d.next = self.summed.val();
            for i in 0..self.past.len() {
                self.past[i].d.next = self.closed.q.val();
            }
            for i in 1..self.past.len() {
                self.past[i].d.next = self.past[i - 1].q.val();
            }
        }
        self.rounded.next = self.window_sum.q.val() + self.half.val();
        self.mean.next = (self.rounded.val() >> self.divisor_log2.val()).get_bits::<8>(0);

        // The next block's bias, `d` - 1 blocks late.
        for i in 0..self.mean_held.len() {
            self.mean_held[i].clock.next = self.clk.val();
            self.mean_held[i].d.next = self.mean_held[i].q.val();
        }
        if self.ends.val() {
            self.bias_held.d.next = self.mean.val();
            for i in 0..self.mean_held.len() {
                self.bias_held.d.next = self.mean_held[i].q.val();
                self.mean_held[i].d.next = self.mean.val();
            }
            for i in 1..self.mean_held.len() {
                self.mean_held[i].d.next = self.mean_held[i - 1].q.val();
            }
        }

        self.initial_block.next = bit_cast_to(self.first_bias.val(), self._block_bits) << self.elements_log2.val();
        self.initial_window.next = bit_cast_to(self.first_bias.val(), self._window_bits) << self.divisor_log2.val();
        if self.start.val() {
            self.position.d.next = 0.into();
            self.bias_held.d.next = self.first_bias.val();
            self.step1.d.next = false;
            self.step2.d.next = false;
            self.ends1.d.next = false;
            self.ends2.d.next = false;
            self.closes.d.next = false;
            for l in 0..self.step_late.len() {
                self.step_late[l].d.next = false;
                self.ends_late[l].d.next = false;
            }
            self.block_sum.d.next = 0.into();
            self.window_sum.d.next = self.initial_window.val();
            for i in 0..self.past.len() {
                self.past[i].d.next = self.initial_block.val();
            }
            for i in 0..self.mean_held.len() {
                self.mean_held[i].d.next = self.first_bias.val();
            }
        }
    }
}
