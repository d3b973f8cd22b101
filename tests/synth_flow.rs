//! The scripts of `synth/`: their unit tests, which need no tools, and that the committed tables, budgets and results agree.

use std::process::Command;

#[test]
fn the_unit_tests_of_the_flows_pass() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let done = Command::new(&python)
        .args(["-m", "unittest", "discover", "-s", "synth/tests", "-p", "test_flow.py"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|e| panic!("{python}: {e}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("\nRan ") && !said.contains("Ran 0 tests"), "{said}");
}
