//! The data path as a drawing.

use crate::link::Point;
use crate::page::lines::short;
use crate::page::svg::Anchor;
use crate::page::{colours, Figure, Svg, WIDTH};

/// Boxes of a row, their width and height, and the room between two.
const BOX: (f64, f64) = (132.0, 66.0);
const GAP: f64 = (WIDTH - 3.0 * BOX.0) / 2.0;
/// Distance of lines of text.
const LINE: f64 = 16.0;

/// From tensor to tensor, with the figures of this point; `bits` of an element before and behind the encoder.
pub fn figure(point: &Point, bits: (f64, f64)) -> Figure {
    let text = "Tensor data goes through encoders and the sending adapter over the link, and through the receiving adapter and decoders \
                back to the same tensor data.";
    let mut svg = Svg::new("data-path", "The data path", text);
    let (c, d) = (&point.config, &point.derived);
    let top = svg.height + 6.0;
    let middle = top + BOX.1 + 34.0;
    let bottom = middle + 56.0 + 34.0;
    let codec = format!("{} lanes, {} GHz", c.codec.lanes, short(d.codec_clock_ghz));
    let adapter = format!("{} B a clock", c.adapter.width_bytes);
    let plain = format!("{} bits an element", short(bits.0));
    row(
        &mut svg,
        top,
        [
            ("tensor data", [plain.clone(), format!("format of {} bits", short(bits.0))], colours::THEIRS),
            (
                &format!("{} encoder{}", d.cores, plural(d.cores)),
                [codec.clone(), format!("{} bits out", short(bits.1))],
                colours::OURS,
            ),
            ("adapter", [adapter.clone(), format!("flits of {} B", c.flit.bytes)], colours::HUFFMAN),
        ],
    );
    row(
        &mut svg,
        bottom,
        [
            ("tensor data", [plain, "bit for bit".into()], colours::THEIRS),
            (&format!("{} decoder{}", d.cores, plural(d.cores)), [codec, "checks every packet".into()], colours::OURS),
            ("adapter", [adapter, "checks every flit".into()], colours::HUFFMAN),
        ],
    );
    // The link, the whole width.
    frame(&mut svg, (0.0, middle), (WIDTH, 56.0), colours::FIXED);
    let lanes = format!("{} lanes of {} GT/s: {} GB/s", c.link.lanes, short(c.link.gtps), short(d.raw_gb_s));
    svg.text(WIDTH / 2.0, middle + 23.0, Anchor::Middle, &lanes);
    let rest = format!("{} ns, bit error rate {}", short(c.link.latency_ns), short(c.link.bit_error_rate));
    svg.styled_text(WIDTH / 2.0, middle + 42.0, Anchor::Middle, "small", &rest);
    let right = WIDTH - BOX.0 / 2.0;
    arrow(&mut svg, (right, top + BOX.1), (right, middle));
    arrow(&mut svg, (right, middle + 56.0), (right, bottom));
    for (from, to) in [(0, 1), (1, 2)] {
        let x = |i: i32| f64::from(i) * (BOX.0 + GAP);
        arrow(&mut svg, (x(from) + BOX.0, top + BOX.1 / 2.0), (x(to), top + BOX.1 / 2.0));
        arrow(&mut svg, (x(to), bottom + BOX.1 / 2.0), (x(from) + BOX.0, bottom + BOX.1 / 2.0));
    }
    svg.height = bottom + BOX.1 + 8.0;
    Figure::diagram(
        svg,
        "Sender above, receiver below. The figures are those of the configuration that is measured on this page.",
    )
}

fn plural(number: u32) -> &'static str {
    if number == 1 {
        ""
    } else {
        "s"
    }
}

/// Three boxes: a name and two lines each.
fn row(svg: &mut Svg, y: f64, boxes: [(&str, [String; 2], &'static str); 3]) {
    for (i, (name, lines, colour)) in boxes.into_iter().enumerate() {
        let x = i as f64 * (BOX.0 + GAP);
        frame(svg, (x, y), BOX, colour);
        let middle = x + BOX.0 / 2.0;
        svg.text(middle, y + 21.0, Anchor::Middle, name);
        for (line, text) in lines.iter().enumerate() {
            svg.styled_text(middle, y + 21.0 + LINE * (line + 1) as f64, Anchor::Middle, "small", text);
        }
    }
}

/// A light box with a coloured edge above.
fn frame(svg: &mut Svg, (x, y): (f64, f64), (width, height): (f64, f64), colour: &'static str) {
    svg.rect((x, y), (width, height), "#f0f4f8", "");
    svg.rect((x, y), (width, 4.0), colour, "");
}

/// A line with a head.
fn arrow(svg: &mut Svg, from: (f64, f64), to: (f64, f64)) {
    svg.line(from, to, colours::INK, 1.6);
    let ((dx, dy), length) = {
        let d = (to.0 - from.0, to.1 - from.1);
        (d, d.0.hypot(d.1).max(1.0))
    };
    let (ux, uy) = (dx / length, dy / length);
    for side in [-1.0, 1.0] {
        let tip = (to.0 - 7.0 * ux + 4.0 * side * uy, to.1 - 7.0 * uy - 4.0 * side * ux);
        svg.line(to, tip, colours::INK, 1.6);
    }
}
