//! Section 4, drift: a book from one training step, used on another.

use super::{mean, signed, Figure, Study};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Frame, Scale, Svg};
use crate::reproduce::fixed::Fixed;
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::ReproduceError;
use crate::stats::{coded_bits, Histogram};

/// Per cent of the elements that a book loses against per-shard Huffman on a tensor, mean over shards.
pub fn loss(tensor: &Tensor, view: View, book: &Fixed) -> Result<f64, ReproduceError> {
    let bits = tensor.layout(view).map_or(1, |l| l.element_bits);
    let of_shard = |h: &Histogram| -> Result<f64, ReproduceError> {
        let lost = coded_bits(h, &book.code)? as f64 - crate::stats::huffman_bits(h) as f64;
        Ok(100.0 * lost / (h.total() as f64 * f64::from(bits)))
    };
    let losses = tensor.shards.iter().filter_map(|s| s.histogram(view)).map(of_shard);
    Ok(mean(&losses.collect::<Result<Vec<_>, _>>()?).unwrap_or(0.0))
}

/// The book of a tensor's own shards.
pub fn own_book(tensor: &Tensor, view: View) -> Result<Option<Fixed>, ReproduceError> {
    let shards: Vec<&Histogram> = tensor.shards.iter().filter_map(|s| s.histogram(view)).collect();
    if shards.is_empty() {
        return Ok(None);
    }
    Fixed::new(&shards).map(Some)
}

/// Loss of the book of one step on another.
struct Point<'a> {
    book: &'a Tensor,
    on: &'a Tensor,
    steps: f64,
    loss: f64,
}

fn points<'a>(study: &Study<'a>, view: View) -> Result<Vec<Point<'a>>, ReproduceError> {
    let mut points = Vec::new();
    for (_, book) in study.main() {
        let series: Vec<&Tensor> = study
            .main()
            .map(|(_, t)| t)
            .filter(|t| t.family() == book.family() && t.labels.layer == book.labels.layer)
            .filter(|t| t.format == book.format)
            .collect();
        let (true, Some(from), Some(code)) = (series.len() > 1, book.labels.step, own_book(book, view)?) else {
            continue;
        };
        for on in series {
            let Some(to) = on.labels.step else { continue };
            points.push(Point { book, on, steps: to as f64 - from as f64, loss: loss(on, view, &code)? });
        }
    }
    Ok(points)
}

/// Figure, numbers and finding for exponents and for pooled bytes; nothing where no tensor is there at two steps.
pub fn drift(study: &Study) -> Result<Vec<(Figure, Table, String)>, ReproduceError> {
    let maps = [
        (View::Bytes, "drift-bytes", "Drift: pooled bytes", "bytes"),
        (View::Fields, "drift-fields", "Drift: exponents", "exponents"),
    ];
    let mut all = Vec::new();
    for (view, id, title, what) in maps {
        let points = points(study, view)?;
        if points.is_empty() {
            continue;
        }
        let columns = ["book of", "used on", "class", "steps between", "lost to per-shard Huffman [pp]"];
        let mut table = Table::new(id, format!("Book of one step on another, {what}"), &columns);
        for p in &points {
            let words = [&p.book.name, &p.on.name, &p.on.class].map(|t| Cell::from(t.as_str()));
            table.row(words.into_iter().chain([Cell::Number(p.steps, 0), p.loss.into()]).collect());
        }
        let part = |own: bool| points.iter().filter(|p| (p.steps == 0.0) == own).map(|p| p.loss).collect::<Vec<_>>();
        let finding = match (mean(&part(true)), mean(&part(false))) {
            (Some(own), Some(other)) => format!(
                "A book of {what} loses {own:.2} points on its own step and {other:.2} on another: drift costs {} points on average.",
                signed(other - own)
            ),
            _ => continue,
        };
        all.push((figure(id, title, &points), table, finding));
    }
    Ok(all)
}

fn figure(id: &'static str, title: &str, points: &[Point]) -> Figure {
    let description =
        "For each tensor a line: the book of one step, used on steps before and after. 0 is the step of the book.";
    let mut svg = Svg::new(id, title, description);
    let mut series: Vec<(String, Vec<&Point>)> = Vec::new();
    for p in points {
        let name = format!("{}.{:?}.{:?}", p.book.family_label(), p.book.labels.layer, p.book.labels.step);
        match series.iter_mut().find(|s| s.0 == name) {
            Some(s) => s.1.push(p),
            None => series.push((name, vec![p])),
        }
    }
    let mut kinds: Vec<String> = points.iter().map(|p| kind(p.book)).collect();
    kinds.dedup();
    kinds.sort();
    kinds.dedup();
    let colour = |p: &Point| colours::nth(kinds.iter().position(|k| *k == kind(p.book)).unwrap_or(0));
    if kinds.len() <= 10 {
        let entries: Vec<_> = kinds.iter().enumerate().map(|(i, k)| (k.as_str(), colours::nth(i))).collect();
        svg.legend(&entries);
    }
    let x = Scale::linear(points.iter().map(|p| p.steps));
    let y = Scale::linear(points.iter().map(|p| p.loss).chain([0.0]));
    let frame = Frame::new(&svg, 62.0, 190.0, x, y);
    frame.axes(&mut svg, "steps from the book's to the data's", "lost [pp]");
    for (_, mut line) in series {
        line.sort_by(|a, b| a.steps.total_cmp(&b.steps));
        let places: Vec<_> = line.iter().map(|p| frame.at(p.steps, p.loss)).collect();
        svg.polyline(&places, colour(line[0]), false);
        for (p, place) in line.iter().zip(places) {
            let tooltip = format!("book of {} on {}: {:.2} pp", p.book.name, p.on.name, p.loss);
            svg.dot(place, 3.4, colour(p), &tooltip);
        }
    }
    let caption = format!("{description} Lost against per-shard Huffman, in points of the original size.");
    Figure::new(svg, caption, id)
}

fn kind(tensor: &Tensor) -> String {
    format!("{} {}", tensor.labels.model, tensor.labels.kind).trim().into()
}
