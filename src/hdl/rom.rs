//! Read-only memories: [`Rom`], combinational and made of LUTs or gates, and [`SyncRom`], clocked and made of block RAM.
//!
//! Both hold 2^n words of `D` bits, n being the width of the address; a shorter image would read as X in the Verilog and as
//! zero in simulation.
//! The image is packed into parameters, so that it stays a few lines of Verilog, the first word in the lowest bits. Tools
//! limit the width of a number (Verilator to 65536 bits), so a clocked ROM has a parameter for every 256 words and a
//! combinational one at most 65536 bits.

use super::bus::Bus;
use super::settle::{Activity, Settle, Woken};
use super::uint::U;
use super::verilog::primitive::Primitive;
use rust_hdl::prelude::*;
use std::fmt::Write;
use std::sync::Arc;
use thiserror::Error;

/// An image that does not fit its memory.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RomError {
    /// More words than an image may have.
    #[error("ROM image of {0} words: at most {MAX_WORDS} are allowed")]
    Words(usize),
    /// Wrong number of words.
    #[error("ROM image of {0} words: must be a power of two, at least 2")]
    Length(usize),
    /// More bits than a combinational ROM may have.
    #[error("combinational ROM of {0} bits: at most {MAX_COMBINATIONAL_BITS} are allowed")]
    Size(usize),
    /// A word needs more bits than the memory is wide.
    #[error("ROM word {index} is {value:#x}: must fit in {bits} bits (at most {max:#x})")]
    Word {
        /// Its address.
        index: usize,
        /// Its value.
        value: u128,
        /// Width of the memory.
        bits: usize,
        /// The largest value.
        max: u128,
    },
}

/// Most words of a ROM: far beyond what belongs in source text.
pub const MAX_WORDS: usize = 1 << 20;

/// Words in one parameter of a clocked ROM: 256 words of 128 bits are half of what tools accept.
const ROW_WORDS: usize = 256;

/// Most bits of a combinational ROM.
pub const MAX_COMBINATIONAL_BITS: usize = 65536;

/// The checked image, shared by the clones of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Image<const D: usize>(Arc<[U<D>]>);

impl<const D: usize> Image<D> {
    fn new(words: &[u128]) -> Result<Self, RomError> {
        if words.len() > MAX_WORDS {
            return Err(RomError::Words(words.len()));
        }
        if words.len() < 2 || !words.len().is_power_of_two() {
            return Err(RomError::Length(words.len()));
        }
        let checked = |(index, &value): (usize, &u128)| {
            U::checked(value).ok_or(RomError::Word { index, value, bits: D, max: U::<D>::MAX })
        };
        Ok(Image(words.iter().enumerate().map(checked).collect::<Result<_, _>>()?))
    }

    /// Width of the address.
    fn address_bits(&self) -> usize {
        self.0.len().ilog2() as usize
    }

    /// `localparam` called `name` with these words, the first one lowest.
    fn declaration(name: &str, words: &[U<D>]) -> String {
        let bits = words.len() * D;
        let mut nibbles = vec![0u8; bits.div_ceil(4)];
        for (i, word) in words.iter().enumerate() {
            for bit in (0..D).filter(|&bit| word.get_bit(bit)) {
                let at = i * D + bit;
                nibbles[at / 4] |= 1 << (at % 4);
            }
        }
        let hex: String = nibbles.iter().rev().filter_map(|&n| char::from_digit(n.into(), 16)).collect();
        format!("localparam [{}:0] {name} = {bits}'h{hex};", bits - 1)
    }
}

/// Combinational ROM: `data` is the word at `address`.
///
/// | port | direction | |
/// |---|---|---|
/// | `address` | in | |
/// | `data` | out | word at `address`, in the same clock |
#[derive(LogicBlock, Clone, Debug)]
pub struct Rom<const D: usize> {
    /// Address.
    pub address: Bus<In>,
    /// Word at the address.
    pub data: Signal<Out, U<D>>,
    _image: Image<D>,
}

impl<const D: usize> Rom<D> {
    /// A ROM with these words, a power of two of them.
    pub fn new(words: &[u128]) -> Result<Self, RomError> {
        let image = Image::new(words)?;
        if D * words.len() > MAX_COMBINATIONAL_BITS {
            return Err(RomError::Size(D * words.len()));
        }
        Ok(Self { address: Bus::new(image.address_bits()), data: Signal::default(), _image: image })
    }
}

impl<const D: usize> Logic for Rom<D> {
    fn update(&mut self) {
        self.data.next = self._image.0[self.address.val().index()];
    }

    fn connect(&mut self) {
        self.data.connect();
    }

    fn hdl(&self) -> Verilog {
        Primitive {
            locals: vec!["image".into()],
            declarations: Image::declaration("image", &self._image.0),
            assigned: vec![("data".into(), format!("image[address * {D} +: {D}]"))],
            ..Primitive::default()
        }
        .into()
    }
}

impl<const D: usize> Settle for Rom<D> {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    fn settle(&mut self, _: &mut Activity) -> bool {
        self.address.take();
        self.update();
        self.data.give()
    }
}

/// Clocked ROM with enable: `data` holds the word that was addressed at the last edge with `enable`.
///
/// It starts at zero in simulation and unknown in the Verilog, so nothing may depend on `data` before the first read.
/// The image is loaded by an `initial` block, which is what FPGA tools infer an initialised block RAM from; an ASIC flow
/// puts a ROM macro in its place.
///
/// | port | direction | |
/// |---|---|---|
/// | `clock` | in | rising edge |
/// | `enable` | in | read; `data` holds without it |
/// | `address` | in | |
/// | `data` | out | the word, after the edge |
#[derive(LogicBlock, Clone, Debug)]
pub struct SyncRom<const D: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Reads at this edge.
    pub enable: Signal<In, Bit>,
    /// Address.
    pub address: Bus<In>,
    /// Word last read.
    pub data: Signal<Out, U<D>>,
    _image: Image<D>,
}

impl<const D: usize> SyncRom<D> {
    /// A ROM with these words, a power of two of them.
    pub fn new(words: &[u128]) -> Result<Self, RomError> {
        let image = Image::new(words)?;
        Ok(Self {
            clock: Signal::default(),
            enable: Signal::default(),
            address: Bus::new(image.address_bits()),
            data: Signal::default(),
            _image: image,
        })
    }
}

impl<const D: usize> Logic for SyncRom<D> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.enable.val() {
            self.data.next = self._image.0[self.address.val().index()];
        }
    }

    fn connect(&mut self) {
        self.data.connect();
    }

    fn hdl(&self) -> Verilog {
        let rows: Vec<(String, &[U<D>])> =
            self._image.0.chunks(ROW_WORDS).enumerate().map(|(i, row)| (format!("image_{i}"), row)).collect();
        let mut declarations: String = rows.iter().map(|(name, row)| Image::declaration(name, row) + "\n").collect();
        let _ = write!(
            declarations,
            "(* rom_style = \"block\" *)\nreg [{}:0] memory [0:{}];\ninteger load;\n\
             initial for (load = 0; load < {}; load = load + 1) begin\n",
            D - 1,
            self._image.0.len() - 1,
            rows[0].1.len()
        );
        for (i, (name, _)) in rows.iter().enumerate() {
            let _ = writeln!(declarations, "    memory[load + {}] = {name}[load * {D} +: {D}];", i * ROW_WORDS);
        }
        declarations.push_str("end");
        let mut locals: Vec<String> = rows.into_iter().map(|(name, _)| name).collect();
        locals.extend(["memory".into(), "load".into()]);
        Primitive {
            locals,
            declarations,
            clocked: "if (enable) data <= memory[address];".into(),
            ..Primitive::default()
        }
        .into()
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "rom".into(),
            clock: "clock".into(),
            inputs: vec!["enable".into(), "address".into()],
            outputs: vec!["data".into()],
        }]
    }
}

impl<const D: usize> Settle for SyncRom<D> {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    fn edge(&mut self, _: &mut Activity) -> Woken {
        if !self.enable.next {
            return Woken::NOTHING;
        }
        self.data.next = self._image.0[self.address.next.index()];
        Woken::kernel(self.data.give())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdl::Vector;

    fn words<const N: usize>() -> Vec<u128> {
        (0..1 << N).map(|i| i * 37 % 1000).collect()
    }

    #[test]
    fn combinational_read() {
        let mut rom = Rom::<10>::new(&words::<5>()).unwrap();
        rom.connect_all();
        check_all(&rom).unwrap();
        for (address, word) in words::<5>().into_iter().enumerate() {
            rom.address.next = Vector::new(5, address as u128);
            assert!(simulate(&mut rom, 10));
            assert_eq!(rom.data.val().to_u128(), word);
        }
    }

    #[test]
    fn clocked_read_holds_without_enable() {
        let mut rom = SyncRom::<10>::new(&words::<5>()).unwrap();
        rom.connect_all();
        check_all(&rom).unwrap();
        let mut held = 0;
        for (address, word) in words::<5>().into_iter().enumerate() {
            let enable = address % 3 != 1;
            rom.enable.next = enable;
            rom.address.next = Vector::new(5, address as u128);
            for level in [false, true] {
                rom.clock.next = level.into();
                assert!(simulate(&mut rom, 10));
                if level && enable {
                    held = word;
                }
                assert_eq!(rom.data.val().to_u128(), held);
            }
        }
    }

    #[test]
    fn image_is_packed_word_zero_lowest() {
        let image = Image::<3>::new(&[1, 2, 7, 0]).unwrap();
        assert_eq!(Image::declaration("image", &image.0), "localparam [11:0] image = 12'h1d1;");
    }

    #[test]
    fn bad_images_are_refused() {
        let said = |e: RomError| e.to_string();
        assert_eq!(
            said(Rom::<4>::new(&[0; 7]).unwrap_err()),
            "ROM image of 7 words: must be a power of two, at least 2"
        );
        assert_eq!(
            said(SyncRom::<4>::new(&[3, 16]).unwrap_err()),
            "ROM word 1 is 0x10: must fit in 4 bits (at most 0xf)"
        );
        assert_eq!(
            said(SyncRom::<4>::new(&vec![0; 1 << 21]).unwrap_err()),
            "ROM image of 2097152 words: at most 1048576 are allowed"
        );
        assert_eq!(
            said(Rom::<128>::new(&vec![0; 4096]).unwrap_err()),
            "combinational ROM of 524288 bits: at most 65536 are allowed"
        );
    }
}
