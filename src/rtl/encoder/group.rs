//! Makes a group of what the slots answer: which words are sent, and header and trailer in their turn.
//!
//! ```text
//!  asked, real --> [ does a real word follow? ] --> send
//!  oldest words --------------------------------+--> word
//!  header, trailer --> [ chunk ] ---------------'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock |
//! | throughput | one group a clock |
//!
//! A slot that has ended answers with a word of zeros. Such words are sent only if a word that is not one follows (wire format,
//! section 5.2: the payload is cut after its last real word). Until the packet has ended there is none of them. From then on
//! each slot tells by `ready`, a clock after it was asked, whether it has another real word.

use super::sequencer::SequencerConfig;
use crate::rtl::prelude::*;

/// Words of the header, and of the trailer.
pub const HEADER_WORDS: usize = 5;
/// See [`HEADER_WORDS`].
pub const TRAILER_WORDS: usize = 4;

/// Bits below the header where it stands highest in 128.
const BELOW_HEADER: u32 = 128 - 16 * HEADER_WORDS as u32;

/// Slots that header and trailer go out in, of so many.
pub const fn chunk(slots: usize) -> usize {
    if slots < HEADER_WORDS {
        slots
    } else {
        HEADER_WORDS
    }
}

/// The maker of groups.
#[derive(LogicBlock)]
pub struct Group {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Slots that were asked.
    pub asked: Vec<Signal<In, Bit>>,
    /// Those of them that had a word.
    pub real: Vec<Signal<In, Bit>>,
    /// The words.
    pub oldest: Vec<Signal<In, U<16>>>,
    /// Slots that have another one.
    pub ready: Vec<Signal<In, Bit>>,
    /// The packet had not ended.
    pub open: Signal<In, Bit>,
    /// There is a group.
    pub valid: Signal<In, Bit>,
    /// It is one of header or trailer.
    pub fixed: Signal<In, Bit>,
    /// Of the trailer.
    pub of_trailer: Signal<In, Bit>,
    /// Number of the group in header or trailer.
    pub chunk: Signal<In, U<3>>,
    /// It ends the packet.
    pub last: Signal<In, Bit>,
    /// Book of the packet.
    pub book: Signal<In, U<4>>,
    /// Its initial bias.
    pub bias: Signal<In, U<8>>,
    /// Symbol count.
    pub count: Signal<In, U<32>>,
    /// CRC.
    pub check: Signal<In, U<32>>,
    /// Words of the group.
    pub word: Vec<Signal<Out, U<16>>>,
    /// Which of them to send.
    pub send: Vec<Signal<Out, Bit>>,
    /// There is a group.
    pub group_valid: Signal<Out, Bit>,
    /// It ends the packet.
    pub group_last: Signal<Out, Bit>,
    /// Nothing but a register behind the slots' memories: it may be the memory's own.
    words: Vec<Register<U<16>>>,
    reals: Vec<Register<Bit>>,
    /// Words of header or trailer.
    given: Vec<Register<U<16>>>,
    sends: Vec<Register<Bit>>,
    filled: Register<Bit>,
    ends: Register<Bit>,
    more: Signal<Local, Bit>,
    follows: Signal<Local, Bit>,
    behind: Vec<Signal<Local, Bit>>,
    has: Vec<Signal<Local, Bit>>,
    header_now: Signal<Local, U<128>>,
    trailer_now: Signal<Local, U<128>>,
    header: Constant<U<128>>,
    book_place: Constant<U<7>>,
    bias_place: Constant<U<7>>,
    chunk_number: Vec<Constant<U<3>>>,
    header_has: Vec<Constant<U<1>>>,
    trailer_has: Vec<Constant<U<1>>>,
    _chunk: usize,
}

impl Group {
    /// For packets with this header.
    pub fn new(config: &SequencerConfig) -> Self {
        let slots = config.slots();
        let chunk = chunk(slots);
        let chunks = HEADER_WORDS.div_ceil(chunk);
        let has = |words: usize| (0..chunks * chunk).map(|i| constant((i < words).into())).collect();
        Self {
            clk: port(),
            rst: port(),
            asked: many(slots),
            real: many(slots),
            oldest: many(slots),
            ready: many(slots),
            open: port(),
            valid: port(),
            fixed: port(),
            of_trailer: port(),
            chunk: port(),
            last: port(),
            book: port(),
            bias: port(),
            count: port(),
            check: port(),
            word: many(slots),
            send: many(slots),
            group_valid: port(),
            group_last: port(),
            words: many(slots),
            reals: many(slots),
            given: many(chunk),
            sends: many(slots),
            filled: port(),
            ends: port(),
            more: port(),
            follows: port(),
            behind: many(slots),
            has: many(chunk),
            header_now: port(),
            trailer_now: port(),
            header: constant(config.header.bits << BELOW_HEADER),
            book_place: constant((config.header.book_position + BELOW_HEADER).into()),
            bias_place: constant((config.header.bias_position + BELOW_HEADER).into()),
            chunk_number: (0..chunks).map(|k| constant(k as u128)).collect(),
            header_has: has(HEADER_WORDS),
            trailer_has: has(TRAILER_WORDS),
            _chunk: chunk,
        }
    }
}

impl Logic for Group {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, filled, ends);
        self.filled.d.next = self.valid.val();
        self.ends.d.next = self.last.val();
        self.more.next = self.open.val();
        for i in 0..self.ready.len() {
            self.more.next = self.more.val() | self.ready[i].val();
        }
        // From the last slot to the first.
        self.follows.next = false;
        for n in (self.real.len() - 1)..self.real.len() {
            for i in 0..self.real.len() {
                self.follows.next = self.follows.val() | self.real[n - i].val();
                self.sends[n - i].clock.next = self.clk.val();
                self.behind[n - i].next = self.follows.val();
                self.words[n - i].clock.next = self.clk.val();
                self.words[n - i].d.next = self.oldest[n - i].val();
                self.reals[n - i].clock.next = self.clk.val();
                self.reals[n - i].d.next = self.real[n - i].val();
            }
        }
        self.header_now.next = self.header.val()
            | ((bit_cast::<128, 4>(self.book.val()) << self.book_place.val())
                | (bit_cast::<128, 8>(self.bias.val()) << self.bias_place.val()));
        self.trailer_now.next =
            (bit_cast::<128, 32>(self.count.val()) << 96) | (bit_cast::<128, 32>(self.check.val()) << 64);
        for i in 0..self._chunk {
            self.given[i].clock.next = self.clk.val();
            self.given[i].d.next = 0.into();
            self.has[i].next = false;
        }
        // Header and trailer ask no slot.
        if self.fixed.val() {
            for c in self._chunk..(self._chunk + 1) {
                for k in 0..self.chunk_number.len() {
                    if self.chunk.val() == self.chunk_number[k].val() {
                        for i in 0..self._chunk {
                            self.has[i].next = self.header_has[k * c + i].val().any();
                            self.given[i].d.next = self.header_now.val().get_bits::<16>(112 - (k * c + i) * 16);
                            if self.of_trailer.val() {
                                self.has[i].next = self.trailer_has[k * c + i].val().any();
                                self.given[i].d.next = self.trailer_now.val().get_bits::<16>(112 - (k * c + i) * 16);
                            }
                        }
                    }
                }
            }
        }
        for i in 0..self.asked.len() {
            self.sends[i].d.next = self.asked[i].val() & (self.behind[i].val() | self.more.val());
        }
        for i in 0..self._chunk {
            self.sends[i].d.next = (self.asked[i].val() & (self.behind[i].val() | self.more.val())) | self.has[i].val();
        }
        for i in 0..self.word.len() {
            self.word[i].next = 0.into();
            if self.reals[i].q.val() {
                self.word[i].next = self.words[i].q.val();
            }
            self.send[i].next = self.sends[i].q.val();
        }
        for i in 0..self._chunk {
            self.word[i].next = self.given[i].q.val();
            if self.reals[i].q.val() {
                self.word[i].next = self.words[i].q.val();
            }
        }
        self.group_valid.next = self.filled.q.val();
        self.group_last.next = self.ends.q.val();
        if self.rst.val() {
            self.filled.d.next = false;
            self.ends.d.next = false;
        }
    }
}
