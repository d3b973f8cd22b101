//! What each port of the cores means, in one place for README and template.

use crate::format::SymbolMap;
use crate::hdl::verilog::Port;
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::Side;
use crate::wire::MUX_BITS;

/// `input` or `output`.
pub fn direction(port: &Port) -> &'static str {
    if port.input {
        "input"
    } else {
        "output"
    }
}

/// What `name` means.
///
/// # Panics
/// If the core has a port that is not described: every port has to be.
pub fn meaning(config: &RtlConfig, side: Side, name: &str) -> String {
    let p = &config.parameters;
    let lanes = p.turn_lanes();
    let element = match p.map {
        SymbolMap::Fields if lanes == 1 => format!("one {} element", p.format),
        SymbolMap::Fields => format!("{} {} elements, the first in the lowest bits", lanes, p.format),
        _ if lanes == 1 => "one byte".into(),
        _ => format!("{lanes} bytes, the first in the lowest bits"),
    };
    let link = format!(
        "{} mux words of {} bits; byte `i` of the beat in bits `8i+7:8i`, each word's most significant byte first",
        config.link_words(),
        MUX_BITS
    );
    let plain_keep =
        "valid bytes, from bit 0 on: all ones but in the last beat; none in the one beat of an empty packet";
    let link_keep = "valid bytes, a whole number of mux words, from bit 0 on: all ones but in the last beat";
    let text = match (side, name) {
        (_, "clk") => "clock, rising edge".into(),
        (_, "rst") => "synchronous reset, active high, at least one clock".into(),
        (Side::Encoder, "s_axis_tdata") | (Side::Decoder, "m_axis_tdata") => format!("plain beat: {element}"),
        (Side::Encoder, "m_axis_tdata") | (Side::Decoder, "s_axis_tdata") => format!("link beat: {link}"),
        (Side::Encoder, "s_axis_tkeep") | (Side::Decoder, "m_axis_tkeep") => plain_keep.into(),
        (Side::Encoder, "m_axis_tkeep") | (Side::Decoder, "s_axis_tkeep") => link_keep.into(),
        (Side::Encoder, "s_axis_tuser") if config.block_steps().is_some() => {
            "without meaning: the core chooses a book for each block".into()
        }
        (Side::Encoder, "s_axis_tuser") => format!(
            "book of the packet, taken with its first beat: 0 raw, {} of the bank; other values mean 0",
            match config.bank.books().len() {
                1 => "1 the book".into(),
                books => format!("1 to {books} a book"),
            }
        ),
        (Side::Decoder, "m_axis_tuser") => {
            "errors, with `tlast`: bit 0 header, bit 1 length or count, bit 2 CRC; 0 means that the packet is good"
                .into()
        }
        (_, "s_axis_tlast" | "m_axis_tlast") => "last beat of the packet".into(),
        (_, "s_axis_tvalid" | "m_axis_tvalid") => "the beat is there".into(),
        (_, "s_axis_tready" | "m_axis_tready") => "the beat is taken at this edge".into(),
        _ => panic!("port `{name}` of the {} has no description", side.name()),
    };
    text
}
