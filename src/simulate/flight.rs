//! Packets under way: what each is expected to give, how far it has come, and when.

use super::error::SimulateError;
use super::ports::Taken;
use crate::cosim::Beat;
use crate::rtl::tops::Side;
use std::ops::RangeInclusive;

/// Clocks of one core's work on one packet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// First and last beat taken.
    pub taken: Option<(u64, u64)>,
    /// First and last beat given: the clocks in which they were first offered.
    pub offered: Option<(u64, u64)>,
    /// First and last beat given: the clocks in which they went.
    pub given: Option<(u64, u64)>,
}

/// Widens a first-and-last pair to `clock`.
fn note(span: &mut Option<(u64, u64)>, clock: u64) {
    *span = Some((span.map_or(clock, |s| s.0), clock));
}

impl Times {
    pub fn take(&mut self, clock: u64) {
        note(&mut self.taken, clock);
    }

    pub fn give(&mut self, taken: &Taken, clock: u64) {
        note(&mut self.offered, taken.offered);
        note(&mut self.given, clock);
    }
}

/// One packet under way.
#[derive(Debug)]
pub(super) struct Flight {
    pub number: u64,
    /// Element bytes.
    pub plain: Vec<u8>,
    /// Bytes of the reference's packet.
    pub packet: Vec<u8>,
    pub book: u8,
    /// Bytes of `plain` put on the wires, and taken by the encoder.
    pub put: usize,
    pub fed: usize,
    /// Bytes of `packet` that the encoder gave.
    pub sent: usize,
    /// Bytes of `plain` that the decoder gave.
    pub received: usize,
    pub encoder: Times,
    pub decoder: Times,
}

impl Flight {
    pub fn new(number: u64, plain: Vec<u8>, packet: Vec<u8>, book: u8) -> Self {
        let (put, fed, sent, received) = (0, 0, 0, 0);
        let (encoder, decoder) = (Times::default(), Times::default());
        Flight { number, plain, packet, book, put, fed, sent, received, encoder, decoder }
    }

    /// The next beat of `width` bytes for the encoder. A packet without elements is one beat without bytes.
    pub fn next_beat(&mut self, width: usize) -> Beat {
        let end = self.plain.len().min(self.put + width);
        let bytes = &self.plain[self.put..end];
        self.put = end;
        Beat::from_bytes(bytes).with_user(self.book.into()).with_last(end == self.plain.len())
    }

    /// Compares a beat of the encoder with the reference's words; gives its bytes.
    pub fn check_link(&mut self, beat: &Beat, width: usize) -> Result<usize, SimulateError> {
        // Whole words, and at least one: a packet has no beat of nothing but its end.
        let allowed = |n: usize| n > 0 && n.is_multiple_of(2);
        let bytes = kept(self.number, Side::Encoder, beat, width, allowed)?;
        compare(self.number, Side::Encoder, &bytes, beat.last, &mut self.sent, &self.packet)
    }

    /// Compares a beat of the decoder with the elements that went in.
    pub fn check_plain(&mut self, beat: &Beat, width: usize, element: usize) -> Result<(), SimulateError> {
        let empty = self.plain.is_empty();
        let bytes = kept(self.number, Side::Decoder, beat, width, |n| n.is_multiple_of(element) && (n > 0 || empty))?;
        compare(self.number, Side::Decoder, &bytes, beat.last, &mut self.received, &self.plain)?;
        match beat.last && beat.user != 0 {
            true => Err(SimulateError::Verdict { packet: self.number, flags: beat.user }),
            false => Ok(()),
        }
    }
}

/// The bytes of a beat; only the last one may be partly filled, and from byte 0 on (wire format, section 8).
fn kept(
    packet: u64,
    side: Side,
    beat: &Beat,
    width: usize,
    allowed: impl Fn(usize) -> bool,
) -> Result<Vec<u8>, SimulateError> {
    let keep = beat.keep.unwrap_or(0);
    let count = keep.trailing_ones() as usize;
    let lengths: RangeInclusive<usize> = if beat.last { 0..=width } else { width..=width };
    let contiguous = keep.count_ones() as usize == count;
    if !contiguous || !lengths.contains(&count) || !allowed(count) {
        return Err(SimulateError::Keep { side, packet, keep, last: beat.last });
    }
    Ok(beat.kept_bytes(width))
}

fn compare(
    packet: u64,
    side: Side,
    bytes: &[u8],
    last: bool,
    at: &mut usize,
    expected: &[u8],
) -> Result<usize, SimulateError> {
    if let Some(k) = bytes.iter().zip(&expected[*at..]).position(|(found, expected)| found != expected) {
        let byte = *at + k;
        return Err(SimulateError::Mismatch { side, packet, byte, found: bytes[k], expected: expected[byte] });
    }
    let found = *at + bytes.len();
    if found > expected.len() || last != (found == expected.len()) {
        return Err(SimulateError::Length { side, packet, found, ended: last, expected: expected.len() });
    }
    *at = found;
    Ok(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight() -> Flight {
        Flight::new(7, vec![1, 2, 3, 4, 5, 6], (0..10).collect(), 3)
    }

    fn beat(bytes: &[u8], last: bool) -> Beat {
        Beat::from_bytes(bytes).with_last(last)
    }

    #[test]
    fn beats_carry_all_of_a_packet() {
        let mut f = flight();
        assert_eq!(f.next_beat(4), beat(&[1, 2, 3, 4], false).with_user(3));
        assert_eq!(f.next_beat(4), beat(&[5, 6], true).with_user(3));
        let mut empty = Flight::new(0, vec![], vec![], 0);
        assert_eq!(empty.next_beat(4), beat(&[], true));
    }

    #[test]
    fn the_right_beats_pass() {
        let mut f = flight();
        assert_eq!(f.check_link(&beat(&[0, 1, 2, 3, 4, 5, 6, 7], false), 8).unwrap(), 8);
        assert_eq!(f.check_link(&beat(&[8, 9], true), 8).unwrap(), 2);
        f.check_plain(&beat(&[1, 2, 3, 4], false), 4, 2).unwrap();
        f.check_plain(&beat(&[5, 6], true), 4, 2).unwrap();
        Flight::new(0, vec![], vec![], 0).check_plain(&beat(&[], true), 4, 2).unwrap();
    }

    #[test]
    fn each_fault_is_named_with_packet_and_byte() {
        let link = |b: &[u8], last| flight().check_link(&beat(b, last), 8).unwrap_err().to_string();
        let e = link(&[0, 1, 2, 9, 4, 5, 6, 7], false);
        assert_eq!(e, "packet 7, byte 3: the encoder gave 0x09, expected 0x03");
        assert_eq!(link(&[0, 1, 2, 3], true), "packet 7: the encoder gave 4 bytes, expected 10");
        assert_eq!(link(&[0, 1, 2, 3], false), "packet 7: the encoder gave a beat with tkeep 0xf that is not its last");
        assert_eq!(link(&[0, 1, 2], true), "packet 7: the encoder gave a beat with tkeep 0x7 that is its last");
        assert_eq!(link(&[], true), "packet 7: the encoder gave a beat with tkeep 0x0 that is its last");
        let gap = beat(&[0, 1, 2, 3], true).with_keep(0b1011);
        assert!(flight().check_link(&gap, 8).unwrap_err().to_string().contains("tkeep 0xb"));

        let mut f = flight();
        f.check_plain(&beat(&[1, 2, 3, 4], false), 4, 2).unwrap();
        let e = f.check_plain(&beat(&[5, 7], true), 4, 2).unwrap_err().to_string();
        assert_eq!(e, "packet 7, byte 5: the decoder gave 0x07, expected 0x06");
        let e = f.check_plain(&beat(&[5, 6, 0, 0], false), 4, 2).unwrap_err().to_string();
        assert_eq!(e, "packet 7: the decoder gave 8 bytes and no end, expected 6");
        let e = f.check_plain(&beat(&[5, 6], true).with_user(5), 4, 2).unwrap_err().to_string();
        assert_eq!(e, "packet 7: the decoder reports a fault in the header and the CRC");
    }
}
