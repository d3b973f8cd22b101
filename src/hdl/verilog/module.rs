//! A block as a module: its nets, names, clocks and sub-blocks.

use super::check::check;
use super::collect::{literal_value, AtomInfo, Scope};
use super::error::EmitError;
use super::ir::{Expr, ExprKind, Net, NetId, NetKind, Stmt};
use super::lower::{Lowerer, Symbol};
use super::names::{flat, objection};
use super::primitive::Primitive;
use super::print::Constant;
use super::schedule::{schedule, Process};
use rust_hdl::prelude::{AtomKind, Verilog};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A sub-block in its parent.
#[derive(Clone, Debug)]
pub struct Child {
    /// Instance name.
    pub name: String,
    /// Ports: name in the child, net in the parent.
    pub ports: Vec<(String, NetId)>,
    /// What it is.
    pub body: ChildBody,
}

/// What a sub-block is.
#[derive(Clone, Debug)]
pub enum ChildBody {
    /// Printed in place.
    Primitive(Primitive),
    /// An instance of a module; index into the children of the scope.
    Module(usize),
}

/// Everything that is printed of a module.
#[derive(Debug, Default)]
pub struct ModuleParts {
    /// Nets.
    pub nets: Vec<Net>,
    /// Named constants, used or not.
    pub constants: Vec<Constant>,
    /// Inputs of sub-blocks that are nothing but another net, and that net, which is printed in their place.
    pub aliases: BTreeMap<NetId, NetId>,
    /// Sub-blocks.
    pub children: Vec<Child>,
    /// The kernel.
    pub processes: Vec<Process>,
}

/// The parts of the module for `scope`; `path` is for errors.
pub fn build(scope: &Scope, path: &str) -> Result<ModuleParts, EmitError> {
    let mut builder = Builder { path, parts: ModuleParts::default(), symbols: HashMap::new() };
    for atom in &scope.atoms {
        builder.atom(atom, &atom.name)?;
    }
    match &scope.code {
        Verilog::Custom(text) => builder.itself_primitive(text, scope)?,
        Verilog::Combinatorial(block) => {
            for (index, child) in scope.children.iter().enumerate() {
                builder.child(index, child)?;
            }
            builder.kernel(block)?;
        }
        Verilog::Empty => {
            for (index, child) in scope.children.iter().enumerate() {
                builder.child(index, child)?;
            }
            builder.kernel(&Vec::new())?;
        }
        Verilog::Blackbox(_) | Verilog::Wrapper(_) => return Err(builder.unsupported("a black box")),
    }
    builder.check_names()?;
    Ok(builder.parts)
}

struct Builder<'a> {
    path: &'a str,
    parts: ModuleParts,
    symbols: HashMap<String, Symbol>,
}

impl Builder<'_> {
    fn atom(&mut self, atom: &AtomInfo, name: &str) -> Result<(), EmitError> {
        self.check_atom(atom, name)?;
        self.variants(atom)?;
        let kind = match atom.kind {
            AtomKind::InputParameter => NetKind::Input,
            AtomKind::OutputParameter => NetKind::Output,
            AtomKind::LocalSignal => NetKind::Local,
            AtomKind::Constant => {
                let Some((value, _)) = literal_value(&atom.value) else {
                    return Err(self.unsupported(&format!("the constant {name}, negative or beyond 128 bits,")));
                };
                return self.constant(name.to_owned(), value, atom.bits);
            }
            _ => return Err(self.unsupported(&format!("the bidirectional signal {name}"))),
        };
        self.net(name.to_owned(), atom, kind);
        Ok(())
    }

    fn check_atom(&self, atom: &AtomInfo, name: &str) -> Result<(), EmitError> {
        if atom.bits == 0 {
            return Err(EmitError::Bits { module: self.path.to_owned(), what: name.to_owned(), bits: 0 });
        }
        if atom.signed {
            return Err(self.unsupported(&format!("the signed signal {name}")));
        }
        Ok(())
    }

    fn net(&mut self, key: String, atom: &AtomInfo, kind: NetKind) -> NetId {
        let id = self.parts.nets.len();
        self.parts.nets.push(Net { name: flat(&key), bits: atom.bits, kind, clock: atom.clock });
        self.symbols.insert(key, Symbol::Net(id));
        id
    }

    fn constant(&mut self, key: String, value: u128, bits: usize) -> Result<(), EmitError> {
        let index = self.parts.constants.len();
        let name = flat(&key);
        match self.symbols.insert(key, Symbol::Constant(index, value, bits)) {
            Some(_) => Err(EmitError::Collision { module: self.path.to_owned(), name }),
            None => {
                self.parts.constants.push(Constant { name, value, bits });
                Ok(())
            }
        }
    }

    /// The variants of an enum signal, as constants; again and again the same for every signal of the type.
    fn variants(&mut self, atom: &AtomInfo) -> Result<(), EmitError> {
        for (value, variant) in atom.variants.iter().enumerate() {
            let (key, value) = (variant.replace("::", "$"), value as u128);
            match self.symbols.get(&key) {
                Some(Symbol::Constant(_, v, b)) if (*v, *b) == (value, atom.bits) => {}
                _ => self.constant(key, value, atom.bits)?,
            }
        }
        Ok(())
    }

    fn child(&mut self, index: usize, child: &Scope) -> Result<(), EmitError> {
        let mut ports = Vec::new();
        for atom in &child.atoms {
            let kind = match atom.kind {
                AtomKind::InputParameter => NetKind::ChildInput,
                AtomKind::OutputParameter => NetKind::ChildOutput,
                AtomKind::InOutParameter => return Err(self.unsupported(&format!("the bidirectional {}", atom.name))),
                _ => continue,
            };
            let key = format!("{}${}", child.name, atom.name);
            self.check_atom(atom, &key)?;
            self.variants(atom)?;
            let net = self.net(key, atom, kind);
            ports.push((flat(&atom.name), net));
        }
        let body = match &child.code {
            Verilog::Custom(text) => match Primitive::parse(text) {
                Some(primitive) => ChildBody::Primitive(primitive),
                None => return Err(self.unsupported(&format!("the hand-written Verilog of {}", flat(&child.name)))),
            },
            _ => ChildBody::Module(index),
        };
        self.parts.children.push(Child { name: flat(&child.name), ports, body });
        Ok(())
    }

    /// A primitive on its own: a module with nothing in it but the primitive.
    fn itself_primitive(&mut self, text: &str, scope: &Scope) -> Result<(), EmitError> {
        let Some(primitive) = Primitive::parse(text).filter(|_| scope.children.is_empty()) else {
            return Err(self.unsupported("hand-written Verilog"));
        };
        let ports = self.parts.nets.iter().enumerate().map(|(id, net)| (net.name.clone(), id)).collect();
        self.parts.children.push(Child { name: String::new(), ports, body: ChildBody::Primitive(primitive) });
        Ok(())
    }

    fn kernel(&mut self, block: &rust_hdl::core::ast::VerilogBlock) -> Result<(), EmitError> {
        let mut lowerer = Lowerer {
            module: self.path,
            nets: &mut self.parts.nets,
            symbols: &self.symbols,
            loops: Vec::new(),
            pending: Vec::new(),
            hint: String::new(),
        };
        let stmts = lowerer.block(block)?;
        check(self.path, &self.parts.nets, &stmts)?;
        let stmts = self.take_clocks(stmts)?;
        for process in schedule(self.path, &self.parts.nets, stmts)? {
            match process {
                Process::Assign(comments, target, Expr { kind: ExprKind::Net(source), .. })
                    if comments.is_empty() && self.parts.nets[target].kind == NetKind::ChildInput =>
                {
                    self.parts.aliases.insert(target, source);
                }
                other => self.parts.processes.push(other),
            }
        }
        let direct = std::mem::take(&mut self.parts.aliases);
        let root = |mut net: NetId| {
            while let Some(&next) = direct.get(&net) {
                net = next;
            }
            net
        };
        self.parts.aliases = direct.keys().map(|&net| (net, root(net))).collect();
        Ok(())
    }

    /// Takes the clock assignments out of the kernel: a clock is wired, never computed.
    fn take_clocks(&mut self, stmts: Vec<Stmt>) -> Result<Vec<Stmt>, EmitError> {
        let nets = &self.parts.nets;
        let error = |net: NetId| EmitError::Clock { module: self.path.to_owned(), signal: nets[net].name.clone() };
        let mut clocks = BTreeMap::new();
        let mut rest = Vec::new();
        for stmt in stmts {
            match &stmt {
                Stmt::Assign(target, Expr { kind: ExprKind::Net(source), .. }) if nets[*target].clock => {
                    if !nets[*source].clock || clocks.insert(*target, *source).is_some() {
                        return Err(error(*target));
                    }
                    if nets[*target].kind != NetKind::ChildInput {
                        rest.push(stmt);
                    }
                }
                _ => {
                    let mut targets = BTreeSet::new();
                    stmt.targets(&mut targets);
                    if let Some(&clock) = targets.iter().find(|&&net| nets[net].clock) {
                        return Err(error(clock));
                    }
                    rest.push(stmt);
                }
            }
        }
        clocks.retain(|&net, _| nets[net].kind == NetKind::ChildInput);
        self.parts.aliases = clocks;
        Ok(rest)
    }

    /// Verilog has one name space per module: nets, constants, instances and what primitives declare.
    fn check_names(&mut self) -> Result<(), EmitError> {
        let used = self.parts.used_constants();
        let mut taken = BTreeSet::new();
        let mut declare = |name: &str| -> Result<(), EmitError> {
            let (module, name) = (self.path.to_owned(), name.to_owned());
            if let Some(reason) = objection(&name) {
                return Err(EmitError::Name { module, name, reason });
            }
            if !taken.insert(name.clone()) {
                return Err(EmitError::Collision { module, name });
            }
            Ok(())
        };
        for net in self.parts.nets.iter().filter(|net| net.kind != NetKind::Part) {
            declare(&net.name)?;
        }
        for &index in &used {
            declare(&self.parts.constants[index].name)?;
        }
        for child in &self.parts.children {
            match &child.body {
                ChildBody::Module(_) => declare(&child.name)?,
                ChildBody::Primitive(primitive) => {
                    for local in &primitive.locals {
                        declare(&child.local(local))?;
                    }
                }
            }
        }
        taken.insert("unused".to_owned());
        for net in self.parts.nets.iter_mut().filter(|net| net.kind == NetKind::Part) {
            let base = net.name.clone();
            let mut suffix = 1;
            while !taken.insert(net.name.clone()) {
                suffix += 1;
                net.name = format!("{base}_{suffix}");
            }
        }
        Ok(())
    }

    fn unsupported(&self, what: &str) -> EmitError {
        EmitError::Unsupported { module: self.path.to_owned(), what: what.to_owned() }
    }
}

impl Child {
    /// The name in the parent of something that a primitive declares.
    pub fn local(&self, name: &str) -> String {
        match self.name.as_str() {
            "" => name.to_owned(),
            instance => format!("{instance}_{name}"),
        }
    }
}

impl ModuleParts {
    /// Every expression of the kernel.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        for process in &self.processes {
            match process {
                Process::Assign(_, _, value) => visit(value),
                Process::Comb(_, stmts) => stmts.iter().for_each(|s| s.expressions(visit)),
            }
        }
    }

    /// Indices of the constants that the kernel uses.
    pub fn used_constants(&self) -> BTreeSet<usize> {
        let mut used = BTreeSet::new();
        self.expressions(&mut |e| {
            e.constants(&mut |index| {
                used.insert(index);
            })
        });
        used
    }
}
