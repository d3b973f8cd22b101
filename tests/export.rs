//! The export: repeatable, clean under three linters, complete in what it says about itself.

mod common;
use common::*;
use huffwire::codebook::BankFile;
use huffwire::cosim::lint;
use huffwire::export::{export, files, ExportError, ExportOptions, BOARDS, MANIFEST};
use huffwire::format::SymbolMap;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::selftest::tops::Pin;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn options() -> ExportOptions {
    ExportOptions { boards: true, ..ExportOptions::new("random books") }
}

fn of(map: SymbolMap, lanes: u32, books: usize) -> RtlConfig {
    let fits = |c: &RtlConfig| c.parameters.map == map && c.parameters.lanes == lanes && c.bank.books().len() == books;
    configurations().into_iter().find(fits).unwrap()
}

/// The four shapes of the cores, each with another number of books.
fn shapes() -> Vec<RtlConfig> {
    [(SymbolMap::Bytes, 1, 3), (SymbolMap::Bytes, 4, 15), (SymbolMap::Fields, 1, 1), (SymbolMap::Fields, 4, 3)]
        .map(|(map, lanes, books)| of(map, lanes, books))
        .to_vec()
}

/// Module names declared in Verilog.
fn modules(verilog: &str) -> BTreeSet<&str> {
    let declared = verilog.lines().filter_map(|line| line.strip_prefix("module "));
    declared.map(|rest| rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap()).collect()
}

#[test]
fn two_exports_are_identical_and_the_manifest_is_true() {
    let config = of(SymbolMap::Fields, 4, 3);
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (root.path().join("one"), root.path().join("deep/two"));
    let report = export(&config, &options(), &one).unwrap();
    assert_eq!(export(&config, &options(), &two).unwrap(), report);
    // Over itself, without --force.
    assert_eq!(export(&config, &options(), &one).unwrap(), report);
    assert_eq!(report.fingerprint, config.bank.fingerprint());
    let mut manifest = String::new();
    for file in &report.files {
        let text = fs::read(one.join(&file.path)).unwrap();
        assert_eq!(text, fs::read(two.join(&file.path)).unwrap(), "{}", file.path);
        let hash: String = Sha256::digest(&text).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!((hash.as_str(), text.len()), (file.sha256.as_str(), file.bytes));
        manifest += &format!("{hash}  {}\n", file.path);
    }
    assert_eq!(fs::read_to_string(one.join(MANIFEST)).unwrap(), manifest);
    let entries: BTreeSet<_> = fs::read_dir(&one).unwrap().map(|e| e.unwrap().file_name()).collect();
    let expected = [
        "README.md",
        "bank.json",
        "boards",
        "huffwire.core",
        "huffwire.sha256",
        "huffwire_decoder.v",
        "huffwire_encoder.v",
        "huffwire_template.v",
    ];
    assert_eq!(entries, expected.map(Into::into).into());
    assert_eq!(BankFile::load(&one.join("bank.json")).unwrap().bank, config.bank);
}

#[test]
fn somebody_elses_file_is_left_alone() {
    let config = of(SymbolMap::Bytes, 1, 1);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("README.md"), "my project").unwrap();
    match export(&config, &options(), dir.path()) {
        Err(ExportError::Foreign { paths }) => assert_eq!(paths, ["README.md"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    export(&config, &ExportOptions { force: true, ..options() }, dir.path()).unwrap();
    // Without the boards their files go.
    export(&config, &ExportOptions { boards: false, ..options() }, dir.path()).unwrap();
    assert!(!dir.path().join("boards").exists());
}

#[test]
fn a_bad_bank_name_is_refused() {
    let error = files(&of(SymbolMap::Bytes, 1, 1), &ExportOptions::new("a\nendmodule")).unwrap_err();
    assert!(matches!(error, ExportError::Bank(_)), "{error}");
}

#[test]
fn every_top_is_clean_under_the_linters() {
    for config in shapes() {
        let files = files(&config, &options()).unwrap();
        let core = |name: &str| files[name].as_str();
        for top in ["huffwire_encoder", "huffwire_decoder"] {
            lint(core(&format!("{top}.v")), top).unwrap_or_else(|e| panic!("{}: {e}", name(&config)));
        }
        let together: String = ["huffwire_encoder.v", "huffwire_decoder.v", "huffwire_template.v"].map(core).concat();
        lint(&together, "huffwire_template").unwrap_or_else(|e| panic!("{}: {e}", name(&config)));
        for board in BOARDS {
            let top = format!("huffwire_selftest_{}", board.name);
            lint(core(&format!("boards/{top}.v")), &top).unwrap_or_else(|e| panic!("{}: {e}", name(&config)));
        }
    }
}

#[test]
fn module_names_never_clash_and_headers_say_what_is_inside() {
    for config in shapes() {
        let files = files(&config, &options()).unwrap();
        let mut owner = BTreeMap::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".v")) {
            let top = path.rsplit('/').next().unwrap().trim_end_matches(".v");
            for module in modules(text) {
                assert!(module.starts_with(top), "{module} in {path}");
                assert_eq!(owner.insert(module.to_owned(), path.clone()), None, "{module}");
            }
            assert!(text.contains(&format!("module {top}")), "{path}");
            if top == "huffwire_template" {
                continue;
            }
            let fingerprint = format!("// bank fingerprint  0x{:08x}\n", config.bank.fingerprint());
            let version = format!("huffwire {}", env!("CARGO_PKG_VERSION"));
            for said in [fingerprint.as_str(), &version, "version 2\n", "random books\n", "MIT OR Apache-2.0\n"] {
                assert!(text.contains(said), "{path} does not say {said:?}");
            }
        }
    }
}

#[test]
fn every_port_is_described_and_every_pin_constrained() {
    let config = of(SymbolMap::Fields, 4, 15);
    let files = files(&config, &options()).unwrap();
    let ports = ["tdata", "tkeep", "tuser", "tlast", "tvalid", "tready"];
    for (side, unused) in [("encoder", "m_axis_tuser"), ("decoder", "s_axis_tuser")] {
        let (_, section) = files["README.md"].split_once(&format!("## Ports of `huffwire_{side}`")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        for axis in ["s_axis", "m_axis"] {
            for port in ports.map(|p| format!("{axis}_{p}")) {
                assert_eq!(section.contains(&format!("| `{port}` |")), port != unused, "{side} {port}");
            }
        }
    }
    for board in BOARDS {
        let stem = format!("boards/huffwire_selftest_{}", board.name);
        let verilog = &files[&format!("{stem}.v")];
        let header = verilog.split_once("\nmodule ").unwrap().1.split_once(");").unwrap().0;
        let declared = header.matches("input").count() + header.matches("output").count();
        assert_eq!(declared, Pin::ALL.len(), "{header}");
        let lpf = files.get(&format!("{stem}.lpf"));
        let constraints = lpf.or(files.get(&format!("{stem}.pcf"))).unwrap();
        for pin in Pin::ALL {
            assert!(header.contains(pin.port()), "{header}");
            let site = board.sites.iter().find(|s| s.0 == pin).unwrap().1;
            let line = match lpf {
                Some(_) => format!("LOCATE COMP \"{}\" SITE \"{site}\";", pin.port()),
                None => format!("{} {site}\n", pin.port()),
            };
            assert_eq!(constraints.matches(&line).count(), 1, "{line} in\n{constraints}");
        }
        let clock = match lpf {
            Some(_) => "FREQUENCY PORT \"clk\" 25 MHz;",
            None => "set_frequency clk 12\n",
        };
        assert!(constraints.contains(clock), "{constraints}");
    }
}

#[test]
fn no_path_of_this_machine_gets_in() {
    for text in files(&of(SymbolMap::Bytes, 4, 3), &options()).unwrap().values() {
        for word in ["/home", "/tmp", "/root", env!("CARGO_MANIFEST_DIR")] {
            let hit = text.lines().find(|l| l.contains(word) && !l.contains("'h") && !l.contains("lengths"));
            assert_eq!(hit, None, "{word}");
        }
    }
}
