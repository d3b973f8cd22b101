//! The clock loop: sender, cores, adapters and lanes.
//!
//! Two clock domains, adapter and codec, run from one time line in femtoseconds; what crosses between them, or takes its time on
//! the way, carries the time from which it may be used. Messages are kept only while they are under way, so that a run may be of
//! any length.
//!
//! | file | what lives there |
//! |---|---|
//! | `sender` | arrivals, and packets to the cores in turn |
//! | `cores` | an encoder with its feed, a decoder with the words in front of it |
//! | `transmit` | queues in front of the adapter, flits, credits, replay buffer |
//! | `receive` | flits that arrive: check, acknowledgements, buffers |
//! | `errors` | bit errors |
//! | `count` | what is counted |

mod cores;
mod count;
mod errors;
mod receive;
mod sender;
mod transmit;

use super::config::Config;
use super::engine::Engine;
use super::error::LinkError;
use super::pool::Pool;
use super::report::Outcome;
use cores::Core;
use count::Count;
use receive::Receiver;
pub use sender::Arrivals;
use sender::Sender;
use transmit::Transmitter;

/// A time, in femtoseconds.
type Time = u64;

/// One run.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// Link, flits and adapters.
    pub config: &'a Config,
    /// Messages.
    pub pool: &'a Pool,
    /// What clocks the cores.
    pub engine: &'a dyn Engine,
    /// Messages of at least so many bytes are compressed; `None`: none is.
    pub compress_from: Option<u64>,
    /// Pairs of cores.
    pub cores: u32,
    /// When messages come.
    pub arrivals: Arrivals,
    /// Bit error rate, in place of the link's.
    pub bit_error_rate: f64,
}

/// The period of a clock of so many GHz.
fn period(ghz: f64) -> Time {
    (1e6 / ghz).round().max(1.0) as Time
}

impl Plan<'_> {
    /// Runs it.
    pub fn run(&self) -> Result<Outcome, LinkError> {
        Simulation::new(*self)?.run()
    }
}

struct Simulation<'a> {
    plan: Plan<'a>,
    sender: Sender,
    cores: Vec<Core>,
    transmitter: Transmitter,
    receiver: Receiver,
    count: Count,
    adapter_period: Time,
    codec_period: Time,
}

impl<'a> Simulation<'a> {
    fn new(plan: Plan<'a>) -> Result<Self, LinkError> {
        let config = plan.config;
        let used = if plan.compress_from.is_some() { plan.cores as usize } else { 0 };
        let adapter_period = period(config.adapter_clock_ghz());
        // The channel behind those of the cores is that of messages without compression.
        let channels = used + 1;
        Ok(Simulation {
            sender: Sender::new(&plan, used),
            cores: (0..used).map(|_| Core::new(plan.engine, plan.pool)).collect::<Result<_, _>>()?,
            transmitter: Transmitter::new(config, channels, plan.bit_error_rate, adapter_period),
            receiver: Receiver::new(config, channels, plan.pool.shape.link_bytes(), adapter_period),
            count: Count::default(),
            adapter_period,
            codec_period: period(config.codec_clock_ghz()),
            plan,
        })
    }

    fn run(mut self) -> Result<Outcome, LinkError> {
        let run = &self.plan.config.run;
        let (mut adapter_at, mut codec_at): (Time, Time) = (0, 0);
        let (mut clock, end) = (0, run.warm_up_clocks + run.clocks);
        let mut warm = run.warm_up_clocks == 0;
        while clock < end && !self.sender.is_done() {
            if adapter_at <= codec_at {
                if !warm && clock >= run.warm_up_clocks {
                    warm = true;
                    self.count = Count { started: clock, ..Count::default() };
                }
                self.adapter_clock(adapter_at)?;
                clock += 1;
                adapter_at += self.adapter_period;
                // With nothing under way the next thing to happen is a message that comes.
                let skipped = self.quiet_clocks(adapter_at, if warm { end } else { run.warm_up_clocks } - clock);
                if skipped > 0 {
                    self.count.stalls.link_no_data += skipped;
                    clock += skipped;
                    adapter_at += skipped * self.adapter_period;
                    codec_at += adapter_at.saturating_sub(codec_at) / self.codec_period * self.codec_period;
                }
            } else {
                self.codec_clock(codec_at)?;
                codec_at += self.codec_period;
            }
        }
        if !warm {
            return Err(LinkError::Broken("the messages ended within the warm-up".into()));
        }
        self.count.clocks = clock - self.count.started;
        Ok(self.outcome())
    }

    /// Clocks from `now` in which nothing can happen, at most `limit`.
    fn quiet_clocks(&self, now: Time, limit: u64) -> u64 {
        if self.sender.is_busy() || !self.cores.iter().all(Core::is_idle) {
            return 0;
        }
        let next = self.sender.next_arrival().unwrap_or(Time::MAX);
        (next.saturating_sub(now) / self.adapter_period).min(limit)
    }

    fn adapter_clock(&mut self, now: Time) -> Result<(), LinkError> {
        let plain = self.cores.len();
        self.sender.arrive(now, self.plan.pool, &mut self.count);
        // The sender's side of messages without compression: so many bytes a clock, of however many messages.
        let width = self.plan.config.adapter.width_bytes;
        let mut left = width;
        while left > 0 {
            self.sender.dispatch(self.plan.pool);
            let Some((message, from, bytes, last)) = self.sender.plain_piece(left) else { break };
            if !self.transmitter.accepts(plain, bytes) {
                self.count.stalls.plain_input += 1;
                break;
            }
            self.transmitter.push(plain, (message, from, bytes, last), now);
            self.sender.plain_taken(bytes);
            self.count.packet_bytes += u64::from(bytes);
            left -= bytes;
        }
        self.transmitter.clock(now, self.plan.pool, &mut self.count);
        while let Some(arrival) = self.transmitter.arrived(now) {
            let answer = self.receiver.arrive(arrival, now, &mut self.count)?;
            self.transmitter.answer(answer);
        }
        // The receiver's side of messages without compression.
        let mut left = width;
        while left > 0 {
            let piece = self.receiver.plain_piece(plain, left, now, &mut self.transmitter);
            let Some((message, bytes, last)) = piece else { break };
            self.sender.deliver_plain(message, bytes, last, now, &mut self.count)?;
            left -= bytes;
        }
        Ok(())
    }

    fn codec_clock(&mut self, now: Time) -> Result<(), LinkError> {
        let plain = self.cores.len();
        if plain == 0 {
            return Ok(());
        }
        self.sender.arrive(now, self.plan.pool, &mut self.count);
        self.sender.dispatch(self.plan.pool);
        for (channel, core) in self.cores.iter_mut().enumerate() {
            core.feed(&mut self.sender, channel, &self.plan.pool.profiles);
            let (transmitter, receiver) = (&mut self.transmitter, &mut self.receiver);
            if let Some(beat) = core.encode(transmitter.accepts(channel, receiver.link_bytes()), &mut self.count)? {
                let (from, bytes) = core.sent(&beat);
                transmitter.push(channel, (beat.packet, from, bytes, beat.last), now);
                self.count.packet_bytes += u64::from(bytes);
            }
            let row = receiver.row(channel, now, transmitter)?;
            let (taken, given) = core.decode(row, &mut self.count)?;
            if taken {
                receiver.row_taken(channel);
            }
            if let Some(beat) = given {
                self.sender.deliver_step(channel, &beat, now, self.plan.pool, &mut self.count)?;
            }
        }
        Ok(())
    }

    fn outcome(self) -> Outcome {
        let mut queues = self.sender.queues();
        queues.extend(Core::queues(&self.cores));
        queues.extend(self.transmitter.queues());
        queues.extend(self.receiver.queues());
        self.count.outcome(self.plan.config, self.adapter_period, queues)
    }
}
