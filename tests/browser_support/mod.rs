//! Pages in a real browser: headless Chromium, the page in a frame of the width asked for, and a script in a copy of it that
//! reports what it finds.
//!
//! `HUFFWIRE_CHROMIUM` names the program; else `chromium`, `chromium-browser` and `google-chrome` are looked for. Where there is
//! none, tests say so and pass, except with `CI` set.

#![allow(dead_code)]

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A desktop's window, and a phone's, in CSS pixels.
pub const DESKTOP: (u32, u32) = (1280, 900);
pub const PHONE: (u32, u32) = (390, 844);

/// What the script found.
#[derive(Debug, Deserialize)]
pub struct Probe {
    /// Width of the viewport and of the document in it.
    pub inner_width: f64,
    pub scroll_width: f64,
    /// Elements that leave the viewport sideways and are in no container that scrolls.
    pub overflowing: Vec<String>,
    /// Text in drawings that their edges cut off.
    pub cut_text: Vec<String>,
    /// Everything that the page asked for beside itself, and elements that are there to ask.
    pub requests: Vec<String>,
    /// Errors of the page's scripts.
    pub errors: Vec<String>,
    pub figures: Vec<Figure>,
    pub tables: Vec<Table>,
    /// Text of the first-level headings.
    pub titles: Vec<String>,
    /// Ids that more than one element has, and links within the page that lead nowhere.
    pub broken_ids: Vec<String>,
    /// Language of the page.
    pub language: String,
}

/// A table as a screen reader has it.
#[derive(Debug, Deserialize)]
pub struct Table {
    pub caption: String,
    pub columns: usize,
    /// Rows that no cell heads.
    pub headless_rows: usize,
    /// Header cells that do not say what they head.
    pub without_scope: Vec<String>,
}

/// A drawing in a `figure`.
#[derive(Debug, Deserialize)]
pub struct Figure {
    /// A diagram: no plot, so that it has no axes.
    pub diagram: bool,
    /// `role` of the SVG.
    pub role: String,
    /// The names that it is labelled by, as a screen reader says them.
    pub title: String,
    pub description: String,
    /// Text of class `title` and of class `axis`.
    pub heading: String,
    pub axes: Vec<String>,
    /// Width on the screen.
    pub width: f64,
}

/// Runs in the page after it has loaded.
const SCRIPT: &str = r#"<script>
window.probeErrors = [];
addEventListener('error', e => probeErrors.push(e.message));
// Later than the page's own scripts, so that what they fetch has been asked for.
addEventListener('load', () => setTimeout(() => {
  const name = e => e.tagName + (e.id ? '#' + e.id : '') + ' ' + e.textContent.trim().slice(0, 40);
  const scrolls = e => { for (; e && e !== document.body; e = e.parentElement)
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX) && !(e instanceof SVGElement)) return true;
    return false; };
  const out = r => r.width > 0 && (r.right > innerWidth + 1 || r.left < -1);
  const label = (svg, i) => document.getElementById((svg.getAttribute('aria-labelledby') || '').split(' ')[i])?.textContent || '';
  const cut = text => { const r = text.getBoundingClientRect(), s = text.ownerSVGElement.getBoundingClientRect();
    return r.left < s.left - 1.5 || r.right > s.right + 1.5 || r.top < s.top - 1.5 || r.bottom > s.bottom + 1.5; };
  const found = {
    inner_width: innerWidth,
    scroll_width: document.documentElement.scrollWidth,
    overflowing: [...document.body.querySelectorAll('*')].filter(e => out(e.getBoundingClientRect()) && !scrolls(e)).map(name),
    cut_text: [...document.querySelectorAll('svg text')].filter(cut).map(name),
    requests: performance.getEntriesByType('resource').map(e => e.name).concat(
      [...document.querySelectorAll('[src], [srcset], [data], [poster], link[href], image, use')].map(name)),
    errors: probeErrors,
    titles: [...document.querySelectorAll('h1')].map(e => e.textContent),
    language: document.documentElement.lang,
    broken_ids: [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).concat(
      [...document.querySelectorAll("a[href^='#']")].map(a => a.getAttribute('href')).filter(h => !document.getElementById(h.slice(1)))),
    tables: [...document.querySelectorAll('table')].map(table => ({
      caption: table.caption?.textContent || '',
      columns: table.tHead?.rows[0]?.cells.length || 0,
      headless_rows: [...table.tBodies].flatMap(b => [...b.rows]).filter(r => r.cells[0]?.tagName !== 'TH').length,
      without_scope: [...table.querySelectorAll('th:not([scope])')].map(name),
    })),
    figures: [...document.querySelectorAll('figure svg')].map(svg => ({
      diagram: !!svg.closest('figure.diagram'),
      role: svg.getAttribute('role') || '',
      title: label(svg, 0),
      description: label(svg, 1),
      heading: svg.querySelector('text.title')?.textContent || '',
      axes: [...svg.querySelectorAll('text.axis')].map(t => t.textContent),
      width: svg.getBoundingClientRect().width,
    })),
  };
  parent.postMessage(JSON.stringify(found), '*');
}, 500));
</script>
"#;

/// Headless Chromium.
pub struct Browser {
    program: PathBuf,
}

impl Browser {
    /// The browser, if there is one; panics without one in CI.
    pub fn find() -> Option<Self> {
        let runs = |program: &PathBuf| {
            let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            status.is_ok_and(|s| s.success())
        };
        let found = match std::env::var_os("HUFFWIRE_CHROMIUM") {
            Some(program) => {
                let program = PathBuf::from(program);
                assert!(runs(&program), "HUFFWIRE_CHROMIUM: {} does not run", program.display());
                Some(program)
            }
            None => ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from).into_iter().find(runs),
        };
        if found.is_none() {
            let hint = "install it (Debian: `apt install chromium`) or set HUFFWIRE_CHROMIUM to the program";
            assert!(std::env::var_os("CI").is_none(), "chromium not found: {hint}");
            eprintln!("huffwire: SKIPPED, chromium not found: {hint}");
        }
        found.map(|program| Browser { program })
    }

    /// Shows `html` in a viewport of this size and runs the script in it.
    pub fn probe(&self, html: &str, (width, height): (u32, u32)) -> Probe {
        let dir = tempfile::tempdir().unwrap();
        // Before the page's own scripts, so that their errors are heard.
        let body = html.find("<body").expect("a page with a body");
        let page = [&html[..body], SCRIPT, &html[body..]].concat();
        std::fs::write(dir.path().join("page.html"), page).unwrap();
        // A window cannot be as narrow as a phone, a frame can.
        let frame = format!(
            "<!DOCTYPE html><body><pre id=\"probe\"></pre><script>addEventListener('message', e => \
             document.getElementById('probe').textContent = e.data)</script>\
             <iframe src=\"page.html\" width=\"{width}\" height=\"{height}\" style=\"border:0\"></iframe></body>"
        );
        let outer = dir.path().join("frame.html");
        std::fs::write(&outer, frame).unwrap();
        let dom = self.dump(dir.path(), &outer);
        let found = dom.split_once("<pre id=\"probe\">").and_then(|(_, rest)| rest.split_once("</pre>"));
        let (json, _) = found.unwrap_or_else(|| panic!("no probe in what the browser gave:\n{dom}"));
        let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
        serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"))
    }

    /// The document after loading, as text.
    fn dump(&self, dir: &Path, page: &Path) -> String {
        let output = Command::new(&self.program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--virtual-time-budget=10000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", dir.join("profile").display()))
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// What a page would fetch from elsewhere: addresses with a scheme or a host in attributes that load, and in style sheets.
pub fn outside_references(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["src=", "srcset=", "href=", "action=", "data=", "poster=", "url(", "@import"] {
        for (at, _) in html.match_indices(start) {
            let rest = html[at + start.len()..].trim_start_matches(['"', '\'', ' ']);
            let address: String = rest.chars().take_while(|c| !"\"' )>;".contains(*c)).collect();
            if address.starts_with("//") || address.contains("://") {
                found.push(address);
            }
        }
    }
    found
}

/// All that any page of the project has to hold: it fits its viewport, asks for nothing, and its drawings and tables say to a
/// screen reader what they are.
pub fn assert_sound(browser: &Browser, html: &str, size: (u32, u32)) -> Probe {
    assert_eq!(outside_references(html), Vec::<String>::new());
    let probe = browser.probe(html, size);
    assert_eq!(probe.inner_width, f64::from(size.0));
    assert!(probe.scroll_width <= probe.inner_width, "{size:?}: the page is {} wide", probe.scroll_width);
    assert_eq!(probe.overflowing, Vec::<String>::new(), "{size:?}");
    assert_eq!(probe.cut_text, Vec::<String>::new(), "{size:?}");
    assert_eq!(probe.requests, Vec::<String>::new(), "{size:?}");
    assert_eq!(probe.errors, Vec::<String>::new(), "{size:?}");
    assert_eq!(probe.broken_ids, Vec::<String>::new());
    assert_eq!((probe.titles.len(), probe.language.as_str()), (1, "en"), "{:?}", probe.titles);
    for table in &probe.tables {
        assert!(!table.caption.is_empty() && table.columns > 0 && table.headless_rows == 0, "{table:?}");
        assert_eq!(table.without_scope, Vec::<String>::new(), "{table:?}");
    }
    for figure in &probe.figures {
        assert_eq!(figure.role, "img", "{figure:?}");
        assert!(!figure.title.is_empty() && figure.title == figure.heading, "{figure:?}");
        assert!(figure.description.len() > 20, "{figure:?}");
        if !figure.diagram {
            assert!(figure.axes.len() >= 2, "a plot has two axes with names: {figure:?}");
            assert!(figure.axes.iter().all(|a| !a.is_empty()), "{figure:?}");
            assert!(figure.axes.iter().any(|a| a.contains('[')), "no unit: {figure:?}");
        }
        assert!(figure.width > 0.6 * f64::from(size.0.min(480)), "too small to read: {figure:?}");
    }
    probe
}
