//! The block hierarchy as data, gathered by a rust-hdl `Probe`.

use rust_hdl::prelude::*;

/// A block: its signals in field order, its sub-blocks, its kernel.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Field name; `$` separates an array's name from the element's index.
    pub name: String,
    /// Signals and constants.
    pub atoms: Vec<AtomInfo>,
    /// Sub-blocks.
    pub children: Vec<Scope>,
    /// The kernel.
    pub code: Verilog,
}

/// A signal or a constant.
#[derive(Clone, Debug)]
pub struct AtomInfo {
    /// Field name, with `$` before array indices and interface fields.
    pub name: String,
    /// Direction.
    pub kind: AtomKind,
    /// Width.
    pub bits: usize,
    /// Of type `Clock`.
    pub clock: bool,
    /// Of a signed type.
    pub signed: bool,
    /// Value of a constant.
    pub value: VerilogLiteral,
    /// Variants, where the type is an enum.
    pub variants: Vec<String>,
}

#[derive(Default)]
struct Collector {
    open: Vec<Scope>,
    namespace: Vec<String>,
    root: Option<Scope>,
}

impl Probe for Collector {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        self.namespace.clear();
        self.open.push(Scope { name: name.to_owned(), atoms: Vec::new(), children: Vec::new(), code: node.hdl() });
    }

    fn visit_start_namespace(&mut self, name: &str, _node: &dyn Block) {
        self.namespace.push(name.to_owned());
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        let Some(scope) = self.open.last_mut() else { return };
        let name = self.namespace.iter().map(|n| format!("{n}$")).collect::<String>() + name;
        let descriptor = signal.descriptor();
        scope.atoms.push(AtomInfo {
            name,
            kind: signal.kind(),
            bits: signal.bits(),
            clock: descriptor.name == "clock",
            signed: matches!(descriptor.kind, TypeKind::Signed(_)),
            value: signal.verilog(),
            variants: match descriptor.kind {
                TypeKind::Enum(variants) => variants,
                _ => Vec::new(),
            },
        });
    }

    fn visit_end_namespace(&mut self, _name: &str, _node: &dyn Block) {
        self.namespace.pop();
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        if let Some(scope) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(scope),
                None => self.root = Some(scope),
            }
        }
    }
}

/// The hierarchy below `block`, which gets the name `top`. `None` if the block is no scope (a bare signal or array).
pub fn collect<B: Block>(block: &B, top: &str) -> Option<Scope> {
    let mut collector = Collector::default();
    block.accept(top, &mut collector);
    collector.root
}

/// Value and width of a literal; `None` if it is negative or beyond 128 bits.
pub fn literal_value(literal: &VerilogLiteral) -> Option<(u128, usize)> {
    // The fields are private; the hexadecimal form is `<bits>'h<value>`.
    let text = format!("{literal:x}");
    let (bits, value) = text.split_once("'h")?;
    Some((u128::from_str_radix(value, 16).ok()?, bits.parse().ok()?))
}
