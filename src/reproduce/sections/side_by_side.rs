//! Section 6: all schemes on all tensors.

use super::{signed, Figure, Section, Study};
use crate::format::Format;
use crate::page::charts::{bars, dots, Bar, Dots};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Scale, Svg};
use crate::reproduce::names::class_colour;
use crate::reproduce::ours::{origin, our_bank, served, OurBank};
use crate::reproduce::schemes::{Context, Scheme, Spent, OURS, SCHEMES, UNSEEN};
use crate::reproduce::unseen::{banks_without, model};
use crate::reproduce::ReproduceError;
use rayon::prelude::*;
use serde::Serialize;

/// A scheme on all tensors of a class or of a format.
#[derive(Clone, Debug, Serialize)]
pub struct SchemeSaving {
    /// Name in files.
    pub scheme: &'static str,
    /// Format.
    pub format: String,
    /// Class; `None` for all of the format.
    pub class: Option<String>,
    /// Per cent saved by the code alone.
    pub coded_percent: f64,
    /// Per cent saved with everything that has to be sent.
    pub sent_percent: f64,
}

/// Runs of the schemes: a scheme on a tensor.
pub fn runs(study: &Study) -> usize {
    SCHEMES.len() * study.input.tensors.len()
}

/// Section and savings. `tick` is called after each of the [`runs`].
pub fn section(study: &Study, tick: &(dyn Fn() + Sync)) -> Result<(Section, Vec<SchemeSaving>), ReproduceError> {
    let tensors = &study.input.tensors;
    let formats = formats(study);
    let banks: Vec<_> = formats
        .par_iter()
        .map(|&format| Ok((format, our_bank(tensors, format)?)))
        .collect::<Result<Vec<(_, OurBank)>, ReproduceError>>()?;
    let mut models: Vec<_> = tensors.iter().filter(|t| served(t.format)).map(|t| model(&t.name)).collect();
    models.sort_unstable();
    models.dedup();
    let unseen: Vec<_> = models.iter().copied().zip(banks_without(&models)?).collect();
    let context = Context { tensors, fixed: &study.fixed_bytes, banks: &banks, unseen: &unseen };
    let work: Vec<(usize, usize)> = (0..SCHEMES.len()).flat_map(|s| (0..tensors.len()).map(move |t| (s, t))).collect();
    let spent: Vec<Option<Spent>> = work
        .par_iter()
        .map(|&(scheme, tensor)| (SCHEMES[scheme].run)(&context, tensor).inspect(|_| tick()))
        .collect::<Result<_, _>>()?;
    let of = |scheme: usize, tensor: usize| spent[scheme * tensors.len() + tensor];
    let savings = savings(study, &of);
    Ok((page(study, &savings, &of), savings))
}

/// Formats that occur, by their ids.
fn formats(study: &Study) -> Vec<Format> {
    let mut formats: Vec<_> = study.input.tensors.iter().map(|t| t.format).collect();
    formats.sort_unstable();
    formats.dedup();
    formats
}

/// A scheme's saving over tensors, if it codes all of them.
fn sum(of: &dyn Fn(usize, usize) -> Option<Spent>, scheme: usize, tensors: &[usize]) -> Option<Spent> {
    let mut total = Spent::default();
    tensors.iter().try_for_each(|&t| of(scheme, t).map(|s| total.add(&s)))?;
    (!tensors.is_empty()).then_some(total)
}

fn savings(study: &Study, of: &dyn Fn(usize, usize) -> Option<Spent>) -> Vec<SchemeSaving> {
    let tensors = &study.input.tensors;
    let mut formats: Vec<&str> = tensors.iter().map(|t| t.format_label()).collect();
    formats.sort_unstable();
    formats.dedup();
    formats.sort_by_key(|f| *f != study.format);
    let mut all = Vec::new();
    for format in formats {
        for class in study.classes.iter().map(Some).chain([None]) {
            let wanted =
                |t: &usize| tensors[*t].format_label() == format && class.is_none_or(|c| tensors[*t].class == *c);
            let members: Vec<usize> = (0..tensors.len()).filter(wanted).collect();
            for (i, scheme) in SCHEMES.iter().enumerate() {
                let Some(total) = sum(of, i, &members) else { continue };
                all.push(SchemeSaving {
                    scheme: scheme.id,
                    format: format.into(),
                    class: class.cloned(),
                    coded_percent: total.coded_saved(),
                    sent_percent: total.sent_saved(),
                });
            }
        }
    }
    all
}

fn colour(scheme: &Scheme) -> &'static str {
    match scheme.id {
        OURS | UNSEEN => colours::OURS,
        "single-stage" => colours::FIXED,
        _ if scheme.bound => colours::SHANNON,
        _ => colours::THEIRS,
    }
}

fn page(study: &Study, savings: &[SchemeSaving], of: &dyn Fn(usize, usize) -> Option<Spent>) -> Section {
    let mut section = Section::new(
        "schemes",
        "Schemes side by side",
        format!(
            "Every scheme really codes every tensor, and what comes back is held against what went in; only the yardsticks \
             (Shannon's bound, per-shard Huffman) are computed. Coded is what codewords, raw bits and ids take; sent counts \
             tables, headers, padding and checks too. {}",
            origin(&formats(study))
        ),
    );
    let find = |scheme: &str, format: &str, class: Option<&String>| {
        savings.iter().find(|s| s.scheme == scheme && s.format == format && s.class.as_ref() == class)
    };
    section.tables.push(by_tensor(study, of));
    section.tables.push(by_class(study, savings));
    section.tables.push(by_format(savings));
    section.tables.push(about());
    section.shown = vec!["schemes-by-class", "schemes-by-format", "schemes-about"];

    let total = |scheme: &str| find(scheme, &study.format, None);
    let mut rows: Vec<(&Scheme, &SchemeSaving)> = SCHEMES.iter().filter_map(|s| Some((s, total(s.id)?))).collect();
    rows.sort_by(|a, b| a.1.sent_percent.total_cmp(&b.1.sent_percent));
    let description = format!(
        "All {} tensors together: dark, with everything that has to be sent; light behind it, the code alone; hollow, yardsticks that nothing is coded with.",
        study.format
    );
    let mut svg = Svg::new("schemes-total", "Saved by each scheme", &description);
    let bar = |(scheme, saving): &(&Scheme, &SchemeSaving)| Bar {
        name: scheme.name.into(),
        value: saving.sent_percent,
        behind: (saving.coded_percent - saving.sent_percent > 0.005).then_some(saving.coded_percent),
        colour: colour(scheme),
        hollow: scheme.bound,
    };
    bars(&mut svg, ("saved [%]", "scheme"), &rows.iter().map(bar).collect::<Vec<_>>());
    section.figures.push(Figure::new(svg, description, "schemes-by-class"));
    section.figures.push(classes_figure(study, savings, &rows));

    if let (Some(ours), Some(paper)) = (total(OURS), total("single-stage")) {
        section.findings.push(format!(
            "On all {} tensors together huffwire saves {:.2} % (coded {:.2} %), the paper's scheme {:.2} % (coded {:.2} %): {} percentage points.",
            study.format,
            ours.sent_percent,
            ours.coded_percent,
            paper.sent_percent,
            paper.coded_percent,
            signed(ours.sent_percent - paper.sent_percent)
        ));
    }
    if let (Some(ours), Some(unseen)) = (total(OURS), total(UNSEEN)) {
        section.findings.push(format!(
            "With a bank that each tensor's own model had no part in, huffwire saves {:.2} % (coded {:.2} %): {} points.",
            unseen.sent_percent,
            unseen.coded_percent,
            signed(unseen.sent_percent - ours.sent_percent)
        ));
    }
    if let (Some(ours), Some(huffman)) = (total(OURS), total("fields-huffman")) {
        section.findings.push(format!(
            "Against the best Huffman code that each shard could have, sent for free: {} points coded, {} sent.",
            signed(ours.coded_percent - huffman.coded_percent),
            signed(ours.sent_percent - huffman.sent_percent)
        ));
    }
    let mut coded = rows.iter().rev().filter(|(s, _)| !s.bound && ![OURS, UNSEEN].contains(&s.id));
    if let (Some(ours), Some((best, saving))) = (total(OURS), coded.next()) {
        section.findings.push(format!(
            "The best of the other schemes is '{}' with {:.2} % sent; huffwire is {} points from it.",
            best.name,
            saving.sent_percent,
            signed(ours.sent_percent - saving.sent_percent)
        ));
    }
    section
}

fn classes_figure(study: &Study, savings: &[SchemeSaving], rows: &[(&Scheme, &SchemeSaving)]) -> Figure {
    let classes = study.main_classes();
    let description =
        format!("A dot for each class of {} tensors, everything counted that has to be sent.", study.format);
    let mut svg = Svg::new("schemes-classes", "Saved by each scheme, class by class", &description);
    svg.legend(&classes.iter().map(|c| (*c, class_colour(c, &study.classes))).collect::<Vec<_>>());
    let of_main = |s: &&SchemeSaving| s.format == study.format && s.class.is_some();
    let row = |(scheme, _): &(&Scheme, &SchemeSaving)| {
        let dot = |s: &SchemeSaving| {
            let class = s.class.as_deref().unwrap_or_default();
            let tooltip = format!("{}, {class}: {:.2} %", scheme.name, s.sent_percent);
            (s.sent_percent, class_colour(class, &study.classes), tooltip)
        };
        let dots = savings.iter().filter(of_main).filter(|s| s.scheme == scheme.id).map(dot).collect();
        Dots { name: scheme.name.into(), dots, mark: None }
    };
    let rows: Vec<Dots> = rows.iter().rev().map(row).collect();
    let values = savings.iter().filter(of_main).map(|s| s.sent_percent);
    dots(&mut svg, Scale::linear(values), ("saved [%]", "scheme"), &rows);
    Figure::new(svg, description, "schemes-by-class")
}

/// A row for each scheme and tensor.
fn by_tensor(study: &Study, of: &dyn Fn(usize, usize) -> Option<Spent>) -> Table {
    let columns = [
        "scheme",
        "tensor",
        "class",
        "format",
        "plain [bits]",
        "coded [bits]",
        "side [bits]",
        "coded saved [%]",
        "sent saved [%]",
    ];
    let mut table = Table::new("schemes-by-tensor", "Every scheme on every tensor", &columns);
    for (i, scheme) in SCHEMES.iter().enumerate() {
        for (t, tensor) in study.input.tensors.iter().enumerate() {
            let Some(spent) = of(i, t) else { continue };
            let words = [scheme.id, &tensor.name, &tensor.class, tensor.format_label()].map(Cell::from);
            let bits = [(spent.plain as u64).into(), Cell::Number(spent.coded, 0), Cell::Number(spent.side, 0)];
            let saved = [spent.coded_saved().into(), spent.sent_saved().into()];
            table.row(words.into_iter().chain(bits).chain(saved).collect());
        }
    }
    table
}

/// A row for each scheme, a column for each class of the main format, and for all.
fn by_class(study: &Study, savings: &[SchemeSaving]) -> Table {
    let classes = study.main_classes();
    let mut columns = vec!["scheme".to_string()];
    columns.extend(classes.iter().map(|c| format!("{c} [%]")));
    columns.extend(["all, sent [%]".into(), "all, coded [%]".into()]);
    let caption =
        format!("Saved by each scheme, format {}; by class with everything that has to be sent", study.format);
    let mut table = Table { name: "schemes-by-class", caption, columns, rows: vec![], marked: Some(OURS) };
    for scheme in &SCHEMES {
        let of_scheme = |class: Option<&str>| {
            savings.iter().find(|s| s.scheme == scheme.id && s.format == study.format && s.class.as_deref() == class)
        };
        if !savings.iter().any(|s| s.scheme == scheme.id && s.format == study.format) {
            continue;
        }
        let mut row = vec![Cell::from(scheme.name)];
        row.extend(classes.iter().map(|c| Cell::from(of_scheme(Some(c)).map(|s| s.sent_percent))));
        row.push(of_scheme(None).map(|s| s.sent_percent).into());
        row.push(of_scheme(None).map(|s| s.coded_percent).into());
        table.row(row);
    }
    table
}

/// A row for each scheme, a column for each format.
fn by_format(savings: &[SchemeSaving]) -> Table {
    let mut formats: Vec<&str> = savings.iter().map(|s| s.format.as_str()).collect();
    formats.dedup();
    let columns = std::iter::once("scheme".to_string()).chain(formats.iter().map(|f| format!("{f} [%]"))).collect();
    let caption = "Saved in each format, with everything that has to be sent".to_string();
    let mut table = Table { name: "schemes-by-format", caption, columns, rows: vec![], marked: Some(OURS) };
    for scheme in &SCHEMES {
        let of = |format: &&str| {
            let all = savings.iter().find(|s| s.scheme == scheme.id && s.format == *format && s.class.is_none());
            Cell::from(all.map(|s| s.sent_percent))
        };
        table.row(std::iter::once(scheme.name.into()).chain(formats.iter().map(of)).collect());
    }
    table
}

fn about() -> Table {
    let mut table =
        Table::new("schemes-about", "What each scheme is, and what counts", &["scheme", "id", "what it does"]);
    table.marked = Some(OURS);
    for scheme in &SCHEMES {
        table.row([scheme.name, scheme.id, scheme.about].map(Cell::from).to_vec());
    }
    table
}
