//! Commands `report`, `link --html` and `link --export`.

mod cli_support;
use cli_support::*;

/// A run that takes little time.
const SHORT: [&str; 6] = ["--clocks", "8000", "--set", "run.warm_up_clocks=1000", "--loads", "0.5"];

fn run<'a>(command: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [command, &SHORT, &["--set", "run.bit_error_rates=[1e-6]"], more].concat()
}

#[test]
fn a_page_and_its_json() {
    let bench = Bench::new();
    let json = bench.json(&run(&["report", "-o", "page.html"], &["--topology", "ring:4", "--group", "mine=*ffn_act*"]));
    let keys =
        ["output", "title", "gain", "effective_gb_s", "saved_percent", "break_even_bytes", "cores", "kinds", "skipped"];
    assert_keys(&json, &keys);
    assert_keys(&json["effective_gb_s"], &["off", "on"]);
    assert_keys(&json["kinds"][0], &["kind", "tensors", "elements", "bits_per_element"]);
    assert!(json["gain"].as_f64().unwrap() > 1.1, "{json}");
    assert!(json["kinds"].as_array().unwrap().iter().any(|k| k["kind"] == "mine"));
    let page = String::from_utf8(bench.read("page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for part in ["huffwire report -o page.html", "ring:4", "SHA", "run.warm_up_clocks=1000"] {
        assert_eq!(page.contains(part), part != "SHA", "{part}");
    }
    let folder = bench.dir.path().to_string_lossy().into_owned();
    assert!(!page.contains(&folder) && !page.contains("mesh:4x4"));

    let again = bench.fails(&run(&["report", "-o", "page.html"], &[]));
    assert_eq!(again, "error: page.html: exists already; --force replaces it\n");
    // One's own file, by its name alone; the same command gives the same page.
    let own: Vec<&str> = run(&["report", "-o", "page.html", "--force", PACK, "--tensors", LATER], &[]);
    let said = bench.ok(&own);
    assert!(said.contains("GB/s of tensor data instead of") && said.ends_with("\npage.html\n"), "{said}");
    let first = bench.read("page.html");
    bench.ok(&own);
    assert!(bench.read("page.html") == first);
    let page = String::from_utf8(first).unwrap();
    assert!(
        page.contains("huffwire report -o page.html --force tensors.safetensors --tensors") && page.contains("SHA-256")
    );
    assert!(!page.contains(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn report_refuses_before_it_measures() {
    let bench = Bench::new();
    let report = |more: &[&str]| bench.fails(&[&["report", "-o", "page.html"], more].concat());
    assert_eq!(
        report(&["--set", "run.break_even=false"]),
        "error: run.break_even = false: latency budget and collectives take the sizes that it measures\n"
    );
    assert_eq!(
        report(&["--collective-bytes", "3"]),
        "error: 3 bytes for 8 dies: a collective takes at least a byte for each die, and at most 2^40 bytes\n"
    );
    assert!(report(&["--preset", "none"]).contains("unknown preset 'none'"));
    assert!(bench.fails(&run(&["report", "-o", "none/page.html"], &[])).contains("cannot write none/page.html"));
    let misused = bench.misused(&["report", "-o", "page.html", "--topology", "torus:4"]);
    assert!(misused.contains("expected ring:N or mesh:RxC"), "{misused}");
    assert!(!bench.exists("page.html"));
}

#[test]
fn link_writes_a_page_and_an_export() {
    let bench = Bench::new();
    let options = ["--html", "link.html", "--export", "sims", "--topology", "mesh:2x3", "--collective-bytes", "600000"];
    let json = bench.json(&run(&["link"], &options));
    let page = String::from_utf8(bench.read("link.html")).unwrap();
    assert!(page.contains(json["title"].as_str().unwrap()));
    for file in [
        "README.md",
        "figures.json",
        "estimates.csv",
        "mesh-2x3/astra-sim/network.on.yml",
        "mesh-2x3/booksim/phase2.off.cfg",
    ] {
        assert!(bench.exists(&format!("sims/{file}")), "{file}");
    }
    assert!(!bench.exists("sims/ring-8"));
    let figures: serde_json::Value = serde_json::from_slice(&bench.read("sims/figures.json")).unwrap();
    let sizes = json["points"][0]["break_even"]["sizes"].as_array().unwrap();
    assert_eq!(figures["points"].as_array().unwrap().len(), sizes.len());
    assert_eq!(figures["points"][0]["time_ns"]["on"], sizes[0]["coded_ns"]);
    let csv = String::from_utf8(bench.read("sims/estimates.csv")).unwrap();
    assert!(csv.contains("all-reduce,mesh:2x3,6,600000,6,100000.000000,200000.000000"), "{csv}");

    let refused = |more: &[&str]| bench.fails(&[&["link"], more].concat());
    assert_eq!(refused(&["--html", "link.html"]), "error: link.html: exists already; --force replaces it\n");
    assert_eq!(
        refused(&["--export", "sims"]),
        "error: sims: has files already; --force replaces those of the same names\n"
    );
    assert_eq!(
        refused(&["--export", "new", "--sweep", "codec.lanes=8,16"]),
        "error: --export takes one point, this is a sweep of 2: leave --sweep out\n"
    );
    assert_eq!(
        refused(&["--export", "new", "--set", "run.break_even=false"]),
        "error: --export takes message sizes that run.break_even = false leaves unmeasured\n"
    );
    assert_eq!(
        refused(&["--export", "new", "--collective-bytes", "7"]),
        "error: 7 bytes for 8 dies: a collective takes at least a byte for each die, and at most 2^40 bytes\n"
    );
    let misused = bench.misused(&["link", "--topology", "ring:8"]);
    assert!(misused.contains("--export"), "{misused}");
    let note = bench.run(&run(&["link", "--force"], &options)).success().get_output().stderr.clone();
    let note = String::from_utf8(note).unwrap();
    assert!(note.starts_with("note: ") && note.contains(" files in sims; its README.md says"), "{note}");
}
