//! The Verilog printer: a block's Verilog-2001, identical in meaning to its simulation.
//!
//! rust-hdl's own generator prints a kernel's tokens and leaves widths to Verilog's context rules, so that literals,
//! casts and precedence can mean something else than they did in the simulation. This printer knows the width of every
//! signal, gives every expression the width that Rust's types say, and refuses with an [`EmitError`] what it cannot
//! print truly. What it does to each construct stands in [`lower_expr`].
//!
//! A kernel's statements become `assign`s and `always @(*)` blocks, as few statements together as keeps their order
//! ([`schedule`]); registers and memories are printed in place ([`primitive`]); all registers of one clock share one
//! block. Sub-blocks are modules named after the top and their path; blocks with the same text are one module.
//!
//! Two things cannot be seen from here, because `#[hdl_gen]` drops them; the co-simulation tests find them:
//!
//! - the `=` of `for i in 0..=n`: write `0..n`;
//! - `.index()` and `.to_bits()`: arithmetic of `usize` outside an index, as in `a.index() + 1 > b.index()`, does not wrap
//!   in Rust and wraps in the Verilog: calculate with signals.
//!
//! ```
//! use huffwire::hdl::{verilog, Register, U};
//! use rust_hdl::prelude::*;
//!
//! #[derive(LogicBlock, Default)]
//! struct Counter {
//!     pub clock: Signal<In, Clock>,
//!     pub rst: Signal<In, Bit>,
//!     pub count: Signal<Out, U<3>>,
//!     value: Register<U<3>>,
//! }
//!
//! impl Logic for Counter {
//!     #[hdl_gen]
//!     fn update(&mut self) {
//!         dff_setup!(self, clock, value);
//!         self.value.d.next = self.value.q.val() + 1;
//!         self.count.next = self.value.q.val();
//!         if self.rst.val() {
//!             self.value.d.next = 0.into();
//!         }
//!     }
//! }
//!
//! let mut counter = Counter::default();
//! counter.connect_all();
//! let design = verilog::emit(&counter, "counter").unwrap();
//! assert!(design.text().contains("value_d = value_q + 3'd1;"));
//! ```

pub mod check;
pub mod collect;
mod error;
pub mod ir;
pub mod lower;
pub mod lower_expr;
pub mod module;
pub mod names;
pub mod primitive;
pub mod print;
pub mod schedule;
mod text;

pub use error::EmitError;

use collect::Scope;
use names::{flat, objection};
use rust_hdl::prelude::{check_all, AtomKind, Block};
use std::collections::{BTreeMap, BTreeSet};

/// A port of the top module, in the order of the struct's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Verilog name.
    pub name: String,
    /// Width.
    pub bits: usize,
    /// Direction.
    pub input: bool,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its text, `module` to `endmodule`.
    pub text: String,
}

/// A block's Verilog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// The modules, the top first.
    pub modules: Vec<Module>,
    /// Ports of the top.
    pub ports: Vec<Port>,
}

impl Design {
    /// The whole file.
    pub fn text(&self) -> String {
        // Linters want a file a module; a design that is dropped into a project is easier to handle as one file.
        let mut text =
            String::from("/* verilator lint_off DECLFILENAME */ // one file holds all modules of the design\n");
        text.push_str("`default_nettype none\n");
        for module in &self.modules {
            text.push('\n');
            text.push_str(&module.text);
        }
        text.push_str("\n`default_nettype wire\n");
        text
    }
}

/// The Verilog of `block`, whose module is called `top`. The block must have been connected (`connect_all`).
pub fn emit<B: Block>(block: &B, top: &str) -> Result<Design, EmitError> {
    if let Some(reason) = objection(top) {
        return Err(EmitError::Name { module: "the design".into(), name: top.into(), reason });
    }
    check_all(block).map_err(|error| EmitError::Check(describe(&error)))?;
    let Some(scope) = collect::collect(block, top) else {
        return Err(EmitError::Unsupported { module: top.into(), what: "a top that is no block".into() });
    };
    for atom in scope.atoms.iter().filter(|atom| atom.kind.is_parameter()) {
        // Names within the design can be altered a little; those that the outside knows cannot.
        if let Some(reason) = objection(&atom.name.replace('$', "_")) {
            return Err(EmitError::Name { module: top.into(), name: atom.name.clone(), reason });
        }
    }
    let mut emitter = Emitter { by_body: BTreeMap::new(), modules: BTreeMap::new() };
    emitter.modules.insert(top.to_owned(), Emitted::default());
    let emitted = emitter.emit(&scope, top, top)?;
    let modules = emitter.in_order(top, emitted);
    Ok(Design { modules, ports: scope_ports(&scope) })
}

/// The ports of `block`, with the names they have in its Verilog.
pub fn ports<B: Block>(block: &B) -> Vec<Port> {
    collect::collect(block, "top").as_ref().map(scope_ports).unwrap_or_default()
}

fn scope_ports(scope: &Scope) -> Vec<Port> {
    let ports = scope.atoms.iter().filter(|atom| atom.kind.is_parameter());
    let port = |atom: &collect::AtomInfo| Port {
        name: flat(&atom.name),
        bits: atom.bits,
        input: atom.kind == AtomKind::InputParameter,
    };
    ports.map(port).collect()
}

/// A module's text, without `module` and its name, and the modules it uses.
#[derive(Clone, Default)]
struct Emitted {
    body: String,
    uses: Vec<String>,
}

struct Emitter {
    /// Module names by text.
    by_body: BTreeMap<String, String>,
    /// Modules by name.
    modules: BTreeMap<String, Emitted>,
}

impl Emitter {
    /// The module for `scope`, whose sub-blocks are emitted first. `name` is the module's, `path` the block's.
    fn emit(&mut self, scope: &Scope, name: &str, path: &str) -> Result<Emitted, EmitError> {
        let parts = module::build(scope, path)?;
        let mut modules = BTreeMap::new();
        for child in &parts.children {
            if let module::ChildBody::Module(index) = child.body {
                let scope = &scope.children[index];
                // An array's elements are one kind of thing: their module is named without the index.
                let role: Vec<&str> = scope.name.split('$').filter(|s| s.parse::<usize>().is_err()).collect();
                let name = format!("{name}_{}", role.join("_"));
                modules.insert(index, self.module(scope, &name, &format!("{path}.{}", child.name))?);
            }
        }
        Ok(Emitted { body: text::body(&parts, &modules), uses: modules.into_values().collect() })
    }

    /// Name of the module for `scope`.
    fn module(&mut self, scope: &Scope, name: &str, path: &str) -> Result<String, EmitError> {
        let emitted = self.emit(scope, name, path)?;
        if let Some(name) = self.by_body.get(&emitted.body) {
            return Ok(name.clone());
        }
        let mut unique = name.to_owned();
        let mut variant = 1;
        while self.modules.contains_key(&unique) {
            variant += 1;
            unique = format!("{name}_variant{variant}");
        }
        self.by_body.insert(emitted.body.clone(), unique.clone());
        self.modules.insert(unique.clone(), emitted);
        Ok(unique)
    }

    /// All modules, each before those that it is the first to use.
    fn in_order(&self, top: &str, emitted: Emitted) -> Vec<Module> {
        let mut modules: Vec<Module> = Vec::new();
        let mut open = vec![(top.to_owned(), emitted)];
        while let Some((name, Emitted { body, uses })) = open.pop() {
            if modules.iter().any(|module| module.name == name) {
                continue;
            }
            modules.push(Module { text: format!("module {name}{body}"), name });
            let used = |name: String| self.modules.get(&name).map(|emitted| (name, emitted.clone()));
            open.extend(uses.into_iter().rev().filter_map(used));
        }
        modules
    }
}

fn describe(error: &rust_hdl::core::check_error::CheckError) -> String {
    use rust_hdl::core::check_error::{CheckError, PathedName};
    let list = |names: Vec<&PathedName>| {
        // The checks call the top `uut`.
        let name = |n: &PathedName| format!("{}${}", n.path, n.name).trim_start_matches("uut$").replace('$', ".");
        let names: BTreeSet<String> = names.into_iter().map(name).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    match error {
        CheckError::OpenSignal(open) => format!("not driven: {}", list(open.values().collect())),
        CheckError::LogicLoops(loops) => format!("read before written: {}", list(loops.iter().collect())),
        CheckError::WritesToInputs(inputs) => format!("written inputs: {}", list(inputs.iter().collect())),
    }
}
