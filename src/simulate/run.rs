//! The clock loop.

use super::engine::{vcd_path, Core, Engine};
use super::error::SimulateError;
use super::flight::Flight;
use super::link::{Link, LinkRate};
use super::ports::{Feed, Tap};
use super::report::{SideCount, StreamCount, StreamReport};
use crate::codec::{BookChoice, Codec};
use crate::cosim::{StallPattern, Stalls, StreamError};
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::Side;
use crate::wire::{self, BookMode};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Clocks in reset.
const RESET_CLOCKS: u64 = 4;
/// Clocks that each side, stalls not counted, waits for the others before the simulation is held to hang.
const PATIENCE: u64 = 20_000;
/// Clocks behind the last packet in which nothing may come out.
const DRAIN_CLOCKS: u64 = 64;

/// When the three streams pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stalling {
    /// Elements into the encoder.
    pub source: StallPattern,
    /// The link.
    pub link: StallPattern,
    /// Elements out of the decoder.
    pub sink: StallPattern,
}

impl Default for Stalling {
    /// No pauses.
    fn default() -> Self {
        Stalling { source: StallPattern::None, link: StallPattern::None, sink: StallPattern::None }
    }
}

/// How to simulate.
#[derive(Clone, Debug, Default)]
pub struct SimulateOptions {
    /// What the cores are run by.
    pub engine: Engine,
    /// Pauses.
    pub stalls: Stalling,
    /// Width of the link; `None`: that of the cores' link port.
    pub link: Option<LinkRate>,
    /// File for the waveforms; `.encoder` and `.decoder` are put before its extension.
    pub vcd: Option<PathBuf>,
}

/// A packet to send.
#[derive(Clone, Debug)]
pub struct PacketInput {
    /// Bytes of whole elements.
    pub plain: Vec<u8>,
    /// Its book.
    pub book: BookChoice,
}

/// Encoder, link and decoder, ready to run.
#[derive(Debug)]
pub struct Simulation {
    codec: Codec,
    /// Bytes of a beat of elements, of the link, and of one element.
    plain_width: usize,
    link_width: usize,
    element: usize,
    encoder: Core,
    decoder: Core,
    feed: Feed,
    encoder_tap: Tap,
    link: Link,
    link_stalls: Stalls,
    arrivals: Feed,
    decoder_tap: Tap,
    sink_stalls: Stalls,
    clock: u64,
    packets: u64,
}

impl Simulation {
    /// Builds both cores and resets them.
    pub fn new(config: &RtlConfig, options: &SimulateOptions) -> Result<Self, SimulateError> {
        let core = |side| {
            let vcd = options.vcd.as_ref().map(|path| vcd_path(path, side));
            Core::new(config, side, options.engine, vcd.as_deref())
        };
        let (mut encoder, mut decoder) = (core(Side::Encoder)?, core(Side::Decoder)?);
        let rate = options.link.map_or_else(|| LinkRate::words(config.link_words()), Ok)?;
        let stalls = &options.stalls;
        let (e, d) = (at(Side::Encoder), at(Side::Decoder));
        let mut simulation = Simulation {
            codec: Codec::new(config.parameters, Arc::new(config.bank.clone()))?,
            plain_width: config.geometry().plain_bytes(),
            link_width: config.link_words() as usize * wire::MUX_BITS as usize / 8,
            element: config.layout.element_bytes(),
            feed: Feed::new(encoder.device(), stalls.source).map_err(&e)?,
            encoder_tap: Tap::new(encoder.device()).map_err(&e)?,
            link: Link::new(rate),
            link_stalls: stalls.link.stalls(),
            arrivals: Feed::new(decoder.device(), StallPattern::None).map_err(&d)?,
            decoder_tap: Tap::new(decoder.device()).map_err(&d)?,
            sink_stalls: stalls.sink.stalls(),
            encoder,
            decoder,
            clock: 0,
            packets: 0,
        };
        simulation.reset()?;
        Ok(simulation)
    }

    fn reset(&mut self) -> Result<(), SimulateError> {
        for (side, core, tap) in [
            (Side::Encoder, &mut self.encoder, &self.encoder_tap),
            (Side::Decoder, &mut self.decoder, &self.decoder_tap),
        ] {
            let rst = core.device().port("rst").map_err(|source| SimulateError::Device { side, source })?;
            core.device().set(rst, 1);
            for clock in 0..RESET_CLOCKS {
                core.clock()?;
                // What the registers hold is known only after the first rising edge.
                if clock > 0 {
                    tap.observe_reset(core.device(), clock).map_err(at(side))?;
                }
            }
            core.device().set(rst, 0);
        }
        Ok(())
    }

    /// Sends packets one behind the other, and returns when the last one has come back. `progress` is told the bytes of
    /// elements that have. Packets are numbered through all runs of a simulation. After an error it is of no further use.
    pub fn run(
        &mut self,
        packets: &mut dyn Iterator<Item = Result<PacketInput, SimulateError>>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<StreamReport, SimulateError> {
        let mut run = Run {
            packets,
            flights: VecDeque::new(),
            sending: 0,
            arriving: 0,
            exhausted: false,
            count: StreamCount::default(),
            waited: [0; 3],
        };
        let start = self.clock;
        loop {
            self.refill(&mut run)?;
            if run.flights.is_empty() {
                break;
            }
            let before = run.count.plain_bytes();
            self.step(&mut run)?;
            if run.count.plain_bytes() != before {
                progress(run.count.plain_bytes());
            }
            self.clock += 1;
        }
        let clocks = self.clock - start;
        self.drain()?;
        let symbols = self.codec.layout().symbols as usize;
        Ok(run.count.report((self.element / symbols) as u64, clocks))
    }

    /// Sees to it that a packet is there to be fed.
    fn refill(&mut self, run: &mut Run<'_>) -> Result<(), SimulateError> {
        let fed = |f: &Flight| f.fed == f.plain.len() && f.encoder.taken.is_some();
        while !run.exhausted && run.flights.back().is_none_or(fed) {
            let Some(packet) = run.packets.next() else {
                run.exhausted = true;
                break;
            };
            let PacketInput { plain, book } = packet?;
            if self.codec.parameters().book_mode == BookMode::Block && book != BookChoice::Best {
                return Err(SimulateError::Book);
            }
            let number = self.packets;
            let encode = |source| SimulateError::Encode { packet: number, source };
            let (words, report) = self.codec.encode_words(&plain, &book).map_err(encode)?;
            let book = report.books.first().copied().unwrap_or(crate::wire::RAW_BOOK);
            run.flights.push_back(Flight::new(number, plain, self.codec.words_to_bytes(&words), book));
            self.packets += 1;
        }
        Ok(())
    }

    /// One clock of everything.
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), SimulateError> {
        let clock = self.clock;
        let (encoder_moved, link_willing) = self.step_encoder(run, clock)?;
        let (decoder_moved, sink_willing) = self.step_decoder(run, clock)?;
        if encoder_moved || decoder_moved {
            run.waited = [0; 3];
            return Ok(());
        }
        // A side that pauses by its pattern is not waiting.
        for (waited, willing) in run.waited.iter_mut().zip([self.feed.willing, link_willing, sink_willing]) {
            *waited += u64::from(willing);
        }
        match (run.waited.iter().all(|&w| w > PATIENCE), run.flights.front()) {
            (true, Some(f)) => Err(SimulateError::Hang {
                clocks: PATIENCE,
                packet: f.number,
                fed: f.fed,
                sent: f.sent,
                received: f.received,
            }),
            _ => Ok(()),
        }
    }

    /// The encoder's clock: whether anything moved, and whether the link did not pause.
    fn step_encoder(&mut self, run: &mut Run<'_>, clock: u64) -> Result<(bool, bool), SimulateError> {
        let side = Side::Encoder;
        let (width, feeding) = (self.plain_width, run.flights.len() - 1);
        let waiting = &mut run.flights[feeding];
        let more = waiting.put < waiting.plain.len() || waiting.plain.is_empty() && waiting.encoder.taken.is_none();
        self.feed.drive(self.encoder.device(), || more.then(|| waiting.next_beat(width)));
        self.link.tick();
        let willing = !self.link_stalls.step();
        self.encoder_tap.drive(self.encoder.device(), willing && self.link.ready(clock));
        let offering = self.feed.offering();
        timed(&mut run.count.encoder, &mut self.encoder)?;
        let taken = self.feed.observe(self.encoder.device());
        let given = self.encoder_tap.observe(self.encoder.device(), clock).map_err(at(side))?;
        let moved = taken.is_some() || given.is_some();
        run.count.encoder.source_refused += u64::from(offering && taken.is_none());
        run.count_output(side, &self.encoder_tap);
        if let Some((_, bytes)) = taken {
            let flight = &mut run.flights[feeding];
            flight.fed += bytes;
            flight.encoder.take(clock);
        }
        if let Some(given) = given {
            let flight = run.flights.get_mut(run.sending).ok_or(SimulateError::Extra { side })?;
            let bytes = flight.check_link(&given.beat, self.link_width)?;
            flight.encoder.give(&given, clock);
            run.sending += usize::from(given.beat.last);
            self.link.push(given.beat, bytes * 8 / wire::MUX_BITS as usize, clock);
        }
        Ok((moved, willing))
    }

    /// The decoder's clock: whether anything moved, and whether the sink did not pause.
    fn step_decoder(&mut self, run: &mut Run<'_>, clock: u64) -> Result<(bool, bool), SimulateError> {
        let side = Side::Decoder;
        let link = &mut self.link;
        self.arrivals.drive(self.decoder.device(), || link.pop(clock));
        let willing = !self.sink_stalls.step();
        self.decoder_tap.drive(self.decoder.device(), willing);
        let offering = self.arrivals.offering();
        timed(&mut run.count.decoder, &mut self.decoder)?;
        let taken = self.arrivals.observe(self.decoder.device());
        let given = self.decoder_tap.observe(self.decoder.device(), clock).map_err(at(side))?;
        let moved = taken.is_some() || given.is_some();
        run.count.decoder.source_refused += u64::from(offering && taken.is_none());
        run.count_output(side, &self.decoder_tap);
        if let Some((last, _)) = taken {
            // The link gives only what the encoder gave, so the packet is there.
            if let Some(flight) = run.flights.get_mut(run.arriving) {
                flight.decoder.take(clock);
            }
            run.arriving += usize::from(last);
        }
        if let Some(given) = given {
            let flight = run.flights.front_mut().filter(|f| f.decoder.taken.is_some());
            let flight = flight.ok_or(SimulateError::Extra { side })?;
            flight.check_plain(&given.beat, self.plain_width, self.element)?;
            flight.decoder.give(&given, clock);
            if given.beat.last {
                run.land()?;
            }
        }
        Ok((moved, willing))
    }

    /// After the last packet: nothing more may come.
    fn drain(&mut self) -> Result<(), SimulateError> {
        for _ in 0..DRAIN_CLOCKS {
            for (side, core, feed, tap) in [
                (Side::Encoder, &mut self.encoder, &mut self.feed, &mut self.encoder_tap),
                (Side::Decoder, &mut self.decoder, &mut self.arrivals, &mut self.decoder_tap),
            ] {
                feed.drive(core.device(), || None);
                tap.drive(core.device(), true);
                core.clock()?;
                if tap.observe(core.device(), self.clock).map_err(at(side))?.is_some() {
                    return Err(SimulateError::Extra { side });
                }
            }
            self.clock += 1;
        }
        debug_assert!(self.link.is_empty());
        Ok(())
    }

    /// Ends the simulation, and with it the waveforms.
    pub fn finish(self) -> Result<(), SimulateError> {
        self.encoder.finish()?;
        self.decoder.finish()
    }
}

/// A run under way.
struct Run<'a> {
    packets: &'a mut dyn Iterator<Item = Result<PacketInput, SimulateError>>,
    /// Packets under way, the oldest first; the last one is being fed, the first one is awaited from the decoder.
    flights: VecDeque<Flight>,
    /// Which of them the encoder is giving, and which the decoder is taking.
    sending: usize,
    arriving: usize,
    exhausted: bool,
    count: StreamCount,
    /// Clocks that source, link and sink were willing and nothing moved.
    waited: [u64; 3],
}

impl Run<'_> {
    /// The oldest packet has come back whole.
    fn land(&mut self) -> Result<(), SimulateError> {
        let Some(flight) = self.flights.pop_front() else { return Ok(()) };
        // A decoder that ends a packet before it has all of it cannot have checked it.
        if self.sending == 0 || self.arriving == 0 {
            return Err(SimulateError::Early { packet: flight.number });
        }
        self.sending -= 1;
        self.arriving -= 1;
        self.count.add(&flight);
        Ok(())
    }

    /// Counts a stalled or starved output while a packet is in the core.
    fn count_output(&mut self, side: Side, tap: &Tap) {
        let inside = |f: &Flight| match side {
            Side::Encoder => f.encoder.taken.is_some() && f.sent < f.packet.len(),
            Side::Decoder => f.decoder.taken.is_some(),
        };
        let busy = self.flights.iter().any(inside);
        let count = match side {
            Side::Encoder => &mut self.count.encoder,
            Side::Decoder => &mut self.count.decoder,
        };
        count.sink_stalled += u64::from(tap.valid_seen && !tap.ready);
        count.sink_starved += u64::from(busy && !tap.valid_seen && tap.ready);
    }
}

fn at(side: Side) -> impl Fn(StreamError) -> SimulateError {
    move |source| SimulateError::Stream { side, source }
}

fn timed(count: &mut SideCount, core: &mut Core) -> Result<(), SimulateError> {
    let start = Instant::now();
    core.clock()?;
    count.time += start.elapsed();
    count.simulated += 1;
    Ok(())
}
