//! The same samples under Icarus Verilog, where unknown values are seen as such.

use super::Sample;
use huffwire::tools::{run, ToolBox};
use std::fmt::Write;
use std::process::Command;

type Ports<'a> = &'a [(String, usize)];

fn concatenated(values: &[u128], ports: Ports) -> String {
    let bits = |(value, (_, bits)): (&u128, &(String, usize))| format!("{value:0bits$b}");
    values.iter().zip(ports).map(bits).collect()
}

/// Runs the samples and fails on any output bit, from clock `from` on, that is not what it was in the simulation.
/// Does nothing, loudly, where Icarus is not installed.
pub(crate) fn check(
    top: &str,
    verilog: &str,
    clock: Option<&str>,
    (inputs, outputs): (Ports, Ports),
    samples: &[Sample],
    from: usize,
) {
    let Some(iverilog) = ToolBox::from_env().iverilog().unwrap() else {
        eprintln!("{top}: SKIPPED under Icarus Verilog, which is not installed");
        return;
    };
    let width = |ports: Ports| ports.iter().map(|(_, bits)| bits).sum::<usize>();
    let (wide, out) = (width(inputs), width(outputs));
    let names = |ports: Ports| ports.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ");
    let declare = |kind: &str, ports: Ports| {
        ports.iter().fold(String::new(), |text, (name, bits)| text + &format!("{kind} [{}:0] {name};\n", bits - 1))
    };
    let pins: Vec<String> =
        inputs.iter().chain(outputs).map(|(n, _)| n.as_str()).chain(clock).map(|n| format!(".{n}({n})")).collect();
    let clock = clock.unwrap_or("clock_of_bench");
    let mut bench = format!(
        "module bench;\n{}{}reg {clock};\nreg [{}:0] vectors [0:{}];\nreg [{}:0] expected;\ninteger i, bad;\n\
         {top} dut ({});\ninitial begin\n$readmemb(\"vectors.txt\", vectors);\nbad = 0; {clock} = 0;\n",
        declare("reg", inputs),
        declare("wire", outputs),
        wide + out - 1,
        samples.len() - 1,
        out - 1,
        pins.join(", "),
    );
    let _ = write!(
        bench,
        "for (i = 0; i < {}; i = i + 1) begin\n{{{}, expected}} = vectors[i]; #5;\n\
         if (i >= {from} && {{{}}} !== expected) begin bad = bad + 1;\n\
         if (bad < 4) $display(\"clock %0d: %b, not %b\", i, {{{}}}, expected); end\n\
         {clock} = 1; #5; {clock} = 0;\nend\n$display(\"%0d bad\", bad);\n$finish;\nend\nendmodule\n",
        samples.len(),
        names(inputs),
        names(outputs),
        names(outputs),
    );
    let dir = tempfile::tempdir().unwrap();
    let line = |s: &Sample| concatenated(&s.inputs, inputs) + &concatenated(&s.outputs, outputs) + "\n";
    std::fs::write(dir.path().join("vectors.txt"), samples.iter().map(line).collect::<String>()).unwrap();
    std::fs::write(dir.path().join("bench.v"), bench).unwrap();
    std::fs::write(dir.path().join("dut.v"), verilog).unwrap();
    let mut compile = Command::new(iverilog);
    compile.current_dir(dir.path()).args(["-g2001", "-o", "bench", "-s", "bench", "dut.v", "bench.v"]);
    run(&mut compile).unwrap();
    // The compiled file is a script for vvp, which is installed with iverilog.
    let log = run(Command::new("./bench").current_dir(dir.path())).unwrap();
    assert!(log.lines().any(|l| l == "0 bad"), "{top} under Icarus Verilog:\n{log}");
}

/// Whether Icarus Verilog is there to be run.
pub(crate) fn installed() -> bool {
    ToolBox::from_env().iverilog().unwrap().is_some()
}
