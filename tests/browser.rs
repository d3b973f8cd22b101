//! The project's pages in a real browser, on a desktop and on a phone.

mod browser_support;
mod link_support;
use browser_support::*;
use huffwire::format::Format;
use huffwire::reproduce::input::{pack, InputOptions};
use huffwire::reproduce::{html, reproduce};
use huffwire::tensor::{InputFile, OpenOptions};

#[test]
fn the_page_of_reproduce_is_sound_on_desktop_and_phone() {
    let Some(browser) = Browser::find() else { return };
    let report = reproduce(&[pack(&OpenOptions::default()).unwrap()], &InputOptions::default(), &|_, _| {}).unwrap();
    let page = html(&report);
    for size in [DESKTOP, PHONE] {
        let probe = assert_sound(&browser, &page, size);
        let figures: usize = report.sections.iter().map(|s| s.figures.len()).sum();
        assert_eq!(probe.figures.len(), figures);
        assert!(figures >= 15, "{figures}");
    }
}

/// Tensors that have nothing to show still make a page that can be read.
#[test]
fn odd_tensors_make_sound_pages() {
    let Some(browser) = Browser::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let long = dir.path().join(format!("{}.bin", "a_name_without_an_end".repeat(8)));
    std::fs::write(&long, vec![0; 8192]).unwrap();
    for format in [Format::Bf16, Format::Raw] {
        let open = OpenOptions { format: Some(format), ..OpenOptions::default() };
        let files = InputFile::open_all(std::slice::from_ref(&long), &open).unwrap();
        let report = reproduce(&files, &InputOptions::default(), &|_, _| {}).unwrap();
        assert_sound(&browser, &html(&report), PHONE);
    }
}

/// More tensors than rows that have room for their names.
#[test]
fn many_tensors_make_a_sound_page() {
    let Some(browser) = Browser::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |i: u32| dir.path().join(format!("model.layers.{i}.mlp.up_proj.weight.bin"));
    let paths: Vec<_> = (0..24).map(path).collect();
    for (i, path) in (0u32..).zip(&paths) {
        let exponent = |e: u32| 110 + i % 5 + (e.wrapping_mul(2_654_435_761) >> 29) % (3 + i % 4);
        let elements = (0..2048).flat_map(|e| (((exponent(e) << 7) | (e % 128)) as u16).to_le_bytes());
        std::fs::write(path, elements.collect::<Vec<u8>>()).unwrap();
    }
    let open = OpenOptions { format: Some(Format::Bf16), ..OpenOptions::default() };
    let report = reproduce(&InputFile::open_all(&paths, &open).unwrap(), &InputOptions::default(), &|_, _| {}).unwrap();
    assert!(report.tables().any(|t| t.name == "books-tensors" && t.rows.len() == 24));
    assert_sound(&browser, &html(&report), PHONE);
}

#[test]
fn the_page_of_report_is_sound_on_desktop_and_phone() {
    let Some(browser) = Browser::find() else { return };
    for size in [DESKTOP, PHONE] {
        let probe = assert_sound(&browser, &link_support::report_page(), size);
        assert_eq!(probe.figures.iter().filter(|f| f.diagram).count(), 1);
        assert!(probe.figures.len() >= 8 && probe.tables.len() >= 12, "{} {}", probe.figures.len(), probe.tables.len());
    }
}

#[test]
fn the_pages_of_link_are_sound_on_desktop_and_phone() {
    let Some(browser) = Browser::find() else { return };
    let pages = [
        (link_support::single().clone(), 8),
        (link_support::sweep(&[("codec.lanes", &["8", "16"]), ("link.lanes", &["16", "32", "64"])]), 8),
        (link_support::sweep(&[("codec.book", &["block", "packet"])]), 8),
        (link_support::sweep(&[("traffic.sizes", &["4096", "65536", "1048576"])]), 8),
        (link_support::bare(), 3),
    ];
    for (report, figures) in pages {
        let page = huffwire::report::link::page(&report);
        for size in [DESKTOP, PHONE] {
            let probe = assert_sound(&browser, &page, size);
            assert!(probe.figures.len() >= figures, "{} instead of {figures}", probe.figures.len());
        }
    }
}

/// Names as long as users make them.
#[test]
fn long_names_make_sound_pages() {
    let Some(browser) = Browser::find() else { return };
    let mut report = link_support::single().clone();
    let long = "a_name_without_an_end_".repeat(12);
    report.title.clone_from(&long);
    report.input.tensors = vec![long.clone(); 3];
    report.sources[0].url = format!("https://{long}");
    for depth in &mut report.points[0].depths {
        depth.high_water = u64::MAX;
        depth.build = u64::MAX;
    }
    assert_sound(&browser, &huffwire::report::link::page(&report), PHONE);
}

/// The checks themselves: what they are to find, they find.
#[test]
fn faults_are_found() {
    assert_eq!(outside_references("<img src=\"https://a.b/c\"><a href='x.csv'>"), ["https://a.b/c"]);
    assert_eq!(outside_references("@import '//a.b/c';"), ["//a.b/c"]);
    assert_eq!(outside_references("<style>i{background:url(http://x/y.png)}</style>"), ["http://x/y.png"]);
    assert_eq!(outside_references("<a href=\"#one\">http://only.text</a>"), Vec::<String>::new());

    let Some(browser) = Browser::find() else { return };
    let page = |body: &str| format!("<!DOCTYPE html><html><body style=\"margin:0\">{body}</body></html>");
    let wide = "<div style=\"width:700px\">wide</div>";
    let probe = browser.probe(&page(wide), PHONE);
    assert_eq!((probe.inner_width, probe.scroll_width), (390.0, 700.0));
    assert_eq!(probe.overflowing, ["DIV wide"]);
    let probe = browser.probe(&page(&format!("<div style=\"overflow-x:auto\">{wide}</div>")), PHONE);
    assert_eq!((probe.scroll_width, probe.overflowing.len()), (390.0, 0));
    assert_eq!(browser.probe(&page(wide), DESKTOP).overflowing.len(), 0);

    let drawing = "<figure style=\"margin:0\"><svg viewBox=\"0 0 100 20\"><text x=\"90\" y=\"15\">cut off here</text></svg></figure>";
    let probe = browser.probe(&page(drawing), PHONE);
    assert_eq!(probe.cut_text, ["text cut off here"]);
    let figure = &probe.figures[0];
    assert!(figure.role.is_empty() && figure.title.is_empty() && figure.axes.is_empty(), "{figure:?}");

    let table = "<table><thead><tr><th>a</th><th scope=\"col\">b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>";
    let probe = browser.probe(&page(&format!("<p id=\"x\"><i id=\"x\"></i></p><a href=\"#y\">y</a>{table}")), PHONE);
    let found = &probe.tables[0];
    assert_eq!((found.caption.as_str(), found.columns, found.headless_rows), ("", 2, 1));
    assert_eq!(
        (probe.broken_ids, found.without_scope.as_slice()),
        (vec!["x".into(), "#y".to_string()], &["TH a".to_string()][..])
    );
    assert_eq!((probe.titles.len(), probe.language.as_str()), (0, ""));

    let probe = browser.probe(&page("<img src=\"a.png\"><script>no_such_function()</script>"), PHONE);
    assert!(probe.requests.iter().any(|r| r.starts_with("IMG")), "{:?}", probe.requests);
    assert!(probe.errors.len() == 1 && probe.errors[0].contains("no_such_function"), "{:?}", probe.errors);
    let hidden = page("<script>fetch('http://127.0.0.1:9/x').catch(() => {})</script>");
    let probe = browser.probe(&hidden, PHONE);
    assert_eq!(probe.requests, ["http://127.0.0.1:9/x"]);
}
