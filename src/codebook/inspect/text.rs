//! A bank as text, with pictures of its codes.

use super::{BankReport, PlaneReport};
use std::fmt::Write;

/// Symbols in a row of the picture.
const ROW: usize = 64;
/// Columns of the longest bar.
const BAR: usize = 40;

/// The report as text for people: a table of all codes, then for each code a picture of its lengths and how many
/// codewords have each, no more than 30 lines a code. Lines have at most 82 columns and the longest name of a book.
pub fn text(report: &BankReport) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &BankReport) -> std::fmt::Result {
    writeln!(out, "bank         {}", report.name)?;
    writeln!(out, "map          {}, planes of {:?} bits", report.map, report.symbol_bits)?;
    writeln!(out, "fingerprint  {}", report.fingerprint)?;
    writeln!(out, "sha256       {}", report.sha256)?;
    writeln!(out, "books        {}", report.books.len())?;
    writeln!(out, "longest      {} bits, escape and raw book counted\n", report.longest)?;

    let width = report.books.iter().map(|b| b.name.chars().count()).max().unwrap_or(0).max(4);
    writeln!(
        out,
        "id  {:width$}  plane  direct  escape  shortest  longest  all counted  mean  expected  entropy  Kraft",
        "book"
    )?;
    for book in &report.books {
        for p in &book.planes {
            let optional = |v: Option<f64>| v.map_or("-".into(), |v| format!("{v:.4}"));
            writeln!(
                out,
                "{:2}  {:width$}  {:5}  {:6}  {:>6}  {:8}  {:7}  {:11}  {:4.1}  {:>8}  {:>7}  {}",
                book.id,
                book.name,
                p.plane,
                p.direct_symbols,
                p.escape_length.map_or("-".into(), |l| l.to_string()),
                p.shortest,
                p.longest_direct,
                p.longest,
                p.mean_bits,
                optional(p.expected_bits),
                optional(p.entropy),
                kraft(p.kraft),
            )?;
        }
    }
    writeln!(out, "\nlengths, shortest, longest, mean (of all symbols alike), expected and entropy in bits a symbol")?;
    for book in &report.books {
        for p in &book.planes {
            writeln!(out, "\nbook {} '{}', plane {}", book.id, book.name, p.plane)?;
            lengths(out, p)?;
            shape(out, p)?;
        }
    }
    Ok(())
}

fn kraft(units: u64) -> String {
    match units {
        65536 => "1".into(),
        _ => format!("{units}/65536"),
    }
}

/// Two lines for each 64 symbols: a bar (the taller, the shorter the codeword) and the length, `a` to `g` for 10 to 16.
fn lengths(out: &mut String, p: &PlaneReport) -> std::fmt::Result {
    for (row, lengths) in p.lengths.chunks(ROW).enumerate() {
        let bars: String = lengths.iter().map(|&l| bar(l)).collect();
        let digits: String = lengths.iter().map(|&l| digit(l)).collect();
        writeln!(out, "{}", format!("  {:02x}  {bars}", row * ROW).trim_end())?;
        writeln!(out, "      {digits}")?;
    }
    writeln!(out, "      bits: 1-9, a=10 ... g=16, . = by escape; taller = shorter codeword")
}

fn bar(length: u8) -> char {
    const BARS: [char; 8] = ['█', '▇', '▆', '▅', '▄', '▃', '▂', '▁'];
    match length {
        0 => ' ',
        _ => BARS[usize::from(length - 1).min(15) / 2],
    }
}

fn digit(length: u8) -> char {
    match length {
        0 => '.',
        _ => char::from_digit(length.into(), 36).unwrap_or('?'),
    }
}

/// A line for each length up to the longest: number of codewords, and their share of the code space.
fn shape(out: &mut String, p: &PlaneReport) -> std::fmt::Result {
    let most = p.codewords_by_length.iter().copied().max().unwrap_or(0).max(1);
    let last = p.codewords_by_length.iter().rposition(|&n| n > 0).map_or(0, |i| i + 1);
    writeln!(out, "  bits  codewords  of code space")?;
    for (length, &number) in (1u32..).zip(&p.codewords_by_length[..last]) {
        let share = 100.0 * number as f64 / f64::from(1u32 << length);
        let bar = "#".repeat((number * BAR).div_ceil(most));
        let escape = if p.escape_length.map(u32::from) == Some(length) { " with the escape" } else { "" };
        writeln!(out, "{}", format!("  {length:4}  {number:9}  {share:11.3} %  {bar}{escape}").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::inspect::{inspect, tests::example};
    use crate::codebook::{Bank, Book, PlaneCode};
    use crate::format::SymbolMap;

    #[test]
    fn the_text_of_a_small_bank() {
        let bank = example();
        let out = text(&inspect("example", &bank, None).unwrap());
        let head = format!(
            "bank         example\nmap          planes, planes of [2, 2] bits\nfingerprint  {:08x}\nsha256       ",
            bank.fingerprint()
        );
        assert!(out.starts_with(&head), "{out}");
        let expected = "\
longest      5 bits, escape and raw book counted

id  book           plane  direct  escape  shortest  longest  all counted  mean  expected  entropy  Kraft
 1  steep              0       3       3         1        3            5   2.8         -        -  1
 1  steep              1       4       -         2        2            2   2.0         -        -  1
 2  <flat & wide>      0       4       -         2        2            2   2.0         -        -  1
 2  <flat & wide>      1       4       -         1        3            3   2.2         -        -  1
";
        assert!(out.contains(expected), "{out}");
        let picture = "
book 1 'steep', plane 0
  00  ██▇
      213.
      bits: 1-9, a=10 ... g=16, . = by escape; taller = shorter codeword
  bits  codewords  of code space
     1          1       50.000 %  ####################
     2          1       25.000 %  ####################
     3          2       25.000 %  ######################################## with the escape
";
        assert!(out.contains(picture), "{out}");
    }

    #[test]
    fn a_code_of_256_symbols_fits_a_screen() {
        // Lengths 1 to 7, then 1/128 of the code space shared by 249 symbols of 14, 15 and 16 bits.
        let mut lengths: Vec<u8> = (1..=7).collect();
        let (mut left, mut symbols) = (1u32 << 9, 249u32);
        while symbols > 0 {
            // The longest that still lets the rest fill the space.
            let length = (8..=16u8).rev().find(|&l| {
                let units = 1u32 << (16 - l);
                units <= left && (left - units) <= (symbols - 1) * units
            });
            let length = length.unwrap();
            lengths.push(length);
            left -= 1 << (16 - length);
            symbols -= 1;
        }
        let code = PlaneCode::new(8, lengths, 0).unwrap();
        let bank = Bank::new(SymbolMap::Bytes, vec![Book { name: "a".into(), planes: vec![code] }]).unwrap();
        let out = text(&inspect("wide", &bank, None).unwrap());
        let picture = out.split("\nbook 1").nth(1).unwrap();
        assert!(picture.lines().count() <= 30, "{out}");
        assert!(out.lines().all(|l| l.chars().count() <= 100), "{out}");
        assert!(out.contains("  c0  "), "{out}");
        assert!(!out.contains(" \n"), "{out}");
    }
}
