//! The project's pages in a real browser, on a desktop and on a phone.

mod browser_support;
use browser_support::*;
use huffwire::reproduce::input::{pack, InputOptions};
use huffwire::reproduce::{html, reproduce};

#[test]
fn the_page_of_reproduce_is_sound_on_desktop_and_phone() {
    let Some(browser) = Browser::find() else { return };
    let report = reproduce(&pack().unwrap(), &InputOptions::default(), &|_, _| {}).unwrap();
    let page = html(&report);
    for size in [DESKTOP, PHONE] {
        let probe = assert_sound(&browser, &page, size);
        let figures: usize = report.sections.iter().map(|s| s.figures.len()).sum();
        assert_eq!(probe.figures.len(), figures);
        assert!(figures >= 15, "{figures}");
    }
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

    let probe = browser.probe(&page("<img src=\"a.png\"><script>no_such_function()</script>"), PHONE);
    assert!(probe.requests.iter().any(|r| r.starts_with("IMG")), "{:?}", probe.requests);
    assert!(probe.errors.len() == 1 && probe.errors[0].contains("no_such_function"), "{:?}", probe.errors);
    let hidden = page("<script>fetch('http://127.0.0.1:9/x').catch(() => {})</script>");
    let probe = browser.probe(&hidden, PHONE);
    assert_eq!(probe.requests, ["http://127.0.0.1:9/x"]);
}
