//! The text of a module.

use super::ir::{NetId, NetKind};
use super::module::{Child, ChildBody, ModuleParts};
use super::primitive::{rename_identifiers, Primitive};
use super::print::{literal, range, Printer, INDENT};
use super::schedule::Process;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the wire that gathers what nothing reads; linters know it by its beginning.
const UNUSED: &str = "unused";

/// The module's text from the port list to `endmodule`. `modules` are the module names of the children that have one.
pub fn body(parts: &ModuleParts, modules: &BTreeMap<usize, String>) -> String {
    let writer = Writer {
        parts,
        printer: Printer { nets: &parts.nets, constants: &parts.constants, aliases: &parts.aliases },
        registers: registers(parts),
        shared: shared_parameters(parts),
    };
    let sections = [
        writer.constants(),
        writer.declarations(),
        writer.instances(modules),
        writer.primitives(),
        writer.kernel(),
        writer.clocked(),
        writer.unused(),
    ];
    let sections: Vec<String> = sections.into_iter().filter(|s| !s.is_empty()).collect();
    format!("{}\n{}endmodule\n", writer.ports(), sections.join("\n"))
}

struct Writer<'a> {
    parts: &'a ModuleParts,
    printer: Printer<'a>,
    registers: BTreeSet<NetId>,
    /// Parameters of primitives, by full name, that are another one again.
    shared: BTreeMap<String, String>,
}

/// A parameter's declaration, cut into range and name, and value.
fn parameter(line: &str) -> Option<(&str, &str, &str)> {
    let (left, value) = line.strip_prefix("localparam ")?.split_once(" = ")?;
    let (range, name) = left.rsplit_once(' ').unwrap_or(("", left));
    Some((range, name, value))
}

/// The same ROM in every lane is one image in the text.
fn shared_parameters(parts: &ModuleParts) -> BTreeMap<String, String> {
    let mut first: BTreeMap<(&str, &str), String> = BTreeMap::new();
    let mut shared = BTreeMap::new();
    for child in &parts.children {
        let ChildBody::Primitive(primitive) = &child.body else { continue };
        for (range, name, value) in primitive.declarations.lines().filter_map(parameter) {
            let name = child.local(name);
            match first.get(&(range, value)) {
                Some(original) => drop(shared.insert(name, original.clone())),
                None => drop(first.insert((range, value), name)),
            }
        }
    }
    shared
}

/// The nets assigned in procedures.
fn registers(parts: &ModuleParts) -> BTreeSet<NetId> {
    let mut out = BTreeSet::new();
    for process in &parts.processes {
        if let Process::Comb(_, stmts) = process {
            stmts.iter().for_each(|s| s.targets(&mut out));
        }
    }
    for child in &parts.children {
        if let ChildBody::Primitive(primitive) = &child.body {
            let assigned = |port: &str| primitive.assigned.iter().any(|(p, _)| p == port);
            let outputs = child
                .ports
                .iter()
                .filter(|(_, net)| matches!(parts.nets[*net].kind, NetKind::ChildOutput | NetKind::Output));
            out.extend(outputs.filter(|(port, _)| !assigned(port)).map(|(_, net)| *net));
        }
    }
    out
}

impl Writer<'_> {
    fn keyword(&self, net: NetId) -> &'static str {
        if self.registers.contains(&net) {
            "reg "
        } else {
            "wire"
        }
    }

    fn ports(&self) -> String {
        let nets = self.parts.nets.iter().enumerate();
        let ports: Vec<_> = nets.filter(|(_, net)| matches!(net.kind, NetKind::Input | NetKind::Output)).collect();
        let width = ports.iter().map(|(_, net)| range(net.bits).len()).max().unwrap_or(0);
        let width = if width == 0 { 0 } else { width + 1 };
        let line = |(id, net): &(NetId, &super::ir::Net)| {
            let direction = if net.kind == NetKind::Input { "input " } else { "output" };
            format!("{INDENT}{direction} {} {:width$}{}", self.keyword(*id), range(net.bits), net.name)
        };
        if ports.is_empty() {
            return ";".to_owned();
        }
        format!(" (\n{}\n);", ports.iter().map(line).collect::<Vec<_>>().join(",\n"))
    }

    fn constants(&self) -> String {
        let used = self.parts.used_constants();
        let line = |index: usize| {
            let constant = &self.parts.constants[index];
            let range = Some(range(constant.bits)).filter(|r| !r.is_empty()).map(|r| r + " ").unwrap_or_default();
            format!("{INDENT}localparam {range}{} = {};\n", constant.name, literal(constant.value, constant.bits))
        };
        used.into_iter().map(line).collect()
    }

    fn declarations(&self) -> String {
        let declared = |(id, net): &(NetId, &super::ir::Net)| {
            !matches!(net.kind, NetKind::Input | NetKind::Output) && !self.parts.aliases.contains_key(id)
        };
        let nets: Vec<_> = self.parts.nets.iter().enumerate().filter(declared).collect();
        let width = nets.iter().map(|(_, net)| range(net.bits).len()).max().unwrap_or(0);
        let width = if width == 0 { 0 } else { width + 1 };
        let line = |(id, net): &(NetId, &super::ir::Net)| {
            format!("{INDENT}{} {:width$}{};\n", self.keyword(*id), range(net.bits), net.name)
        };
        nets.iter().map(line).collect()
    }

    fn instances(&self, modules: &BTreeMap<usize, String>) -> String {
        let instance = |child: &Child| {
            let ChildBody::Module(index) = &child.body else { return None };
            let port = |(port, net): &(String, NetId)| format!("{INDENT}{INDENT}.{port}({})", self.printer.net(*net));
            let ports = child.ports.iter().map(port).collect::<Vec<_>>().join(",\n");
            Some(format!("{INDENT}{} {} (\n{ports}\n{INDENT});\n", modules.get(index)?, child.name))
        };
        self.parts.children.iter().filter_map(instance).collect::<Vec<_>>().join("\n")
    }

    fn of_primitives(&self) -> impl Iterator<Item = (&Child, &Primitive)> {
        self.parts.children.iter().filter_map(|child| match &child.body {
            ChildBody::Primitive(primitive) => Some((child, primitive)),
            ChildBody::Module(_) => None,
        })
    }

    /// The text of a primitive with its ports and locals named as in this module.
    fn inline(&self, child: &Child, primitive: &Primitive, text: &str) -> String {
        rename_identifiers(text, |word| match child.ports.iter().find(|(port, _)| port == word) {
            Some((_, net)) => Some(self.printer.net(*net).to_owned()),
            None if primitive.locals.iter().any(|local| local == word) => {
                let name = child.local(word);
                Some(self.shared.get(&name).cloned().unwrap_or(name))
            }
            None => None,
        })
    }

    fn primitives(&self) -> String {
        let mut out = Vec::new();
        for (child, primitive) in self.of_primitives() {
            let repeated =
                |line: &&str| parameter(line).is_some_and(|(_, name, _)| self.shared.contains_key(&child.local(name)));
            let declarations: Vec<&str> = primitive.declarations.lines().filter(|line| !repeated(line)).collect();
            let mut lines = self.inline(child, primitive, &declarations.join("\n"));
            for (port, value) in &primitive.assigned {
                let assign = format!("\nassign {port} = {value};");
                lines.push_str(&self.inline(child, primitive, &assign));
            }
            let indented = |line: &str| format!("{INDENT}{line}\n");
            let lines: String = lines.lines().filter(|line| !line.is_empty()).map(indented).collect();
            if !lines.is_empty() {
                out.push(lines);
            }
        }
        out.join("\n")
    }

    /// One line after another of `assign`s, with an empty line around blocks.
    fn kernel(&self) -> String {
        let mut out = String::new();
        let mut last_block = false;
        for process in &self.parts.processes {
            let block = matches!(process, Process::Comb(..));
            if !out.is_empty() && (block || last_block) {
                out.push('\n');
            }
            last_block = block;
            self.printer.process(process, &mut out);
        }
        out
    }

    /// All registers of one clock in one block.
    fn clocked(&self) -> String {
        let mut blocks: Vec<(&str, String)> = Vec::new();
        for (child, primitive) in self.of_primitives().filter(|(_, p)| !p.clocked.is_empty()) {
            let Some((_, clock)) = child.ports.iter().find(|(port, _)| port == "clock") else { continue };
            let clock = self.printer.net(*clock);
            let indented = |line: &str| format!("{INDENT}{INDENT}{line}\n");
            let lines: String = self.inline(child, primitive, &primitive.clocked).lines().map(indented).collect();
            match blocks.iter_mut().find(|(of, _)| *of == clock) {
                Some((_, block)) => block.push_str(&lines),
                None => blocks.push((clock, lines)),
            }
        }
        let block =
            |(clock, lines): &(&str, String)| format!("{INDENT}always @(posedge {clock}) begin\n{lines}{INDENT}end\n");
        blocks.iter().map(block).collect::<Vec<_>>().join("\n")
    }

    /// Bits that nothing reads, gathered where linters take them as meant.
    fn unused(&self) -> String {
        let nets = &self.parts.nets;
        let mut read: Vec<Vec<bool>> = nets.iter().map(|net| vec![net.kind == NetKind::Output; net.bits]).collect();
        let mut see = |net: NetId, low: usize, bits: usize| read[net][low..low + bits].fill(true);
        self.parts.expressions(&mut |e| e.reads(nets, &mut see));
        for child in &self.parts.children {
            match &child.body {
                ChildBody::Module(_) => {
                    for (_, net) in child.ports.iter().filter(|(_, net)| nets[*net].kind == NetKind::ChildInput) {
                        see(*net, 0, nets[*net].bits);
                    }
                }
                ChildBody::Primitive(primitive) => {
                    let mut words = |text: &str| {
                        rename_identifiers(text, |word| {
                            let port = child.ports.iter().find(|(port, _)| port == word);
                            if let Some((_, net)) = port.filter(|(_, net)| nets[*net].kind != NetKind::ChildOutput) {
                                see(*net, 0, nets[*net].bits);
                            }
                            None
                        });
                    };
                    words(&primitive.clocked);
                    primitive.assigned.iter().for_each(|(_, value)| words(value));
                    if !primitive.clocked.is_empty() {
                        words("clock");
                    }
                }
            }
        }
        for (&net, &root) in &self.parts.aliases {
            let bits = read[net].clone();
            read[root].iter_mut().zip(bits).for_each(|(read, bit)| *read |= bit);
        }
        let mut slices = Vec::new();
        for (id, bits) in read.iter().enumerate().filter(|(id, _)| !self.parts.aliases.contains_key(id)) {
            let mut low = 0;
            while low < bits.len() {
                let run = bits[low..].iter().take_while(|&&read| !read).count();
                if run > 0 {
                    slices.push(self.printer.slice(id, low, run));
                }
                low += run.max(1);
            }
        }
        if slices.is_empty() {
            return String::new();
        }
        let lines = slices.iter().map(|slice| format!("{INDENT}{INDENT}{slice},\n")).collect::<String>();
        format!("{INDENT}// Bits that nothing reads.\n{INDENT}wire {UNUSED} = &{{\n{lines}{INDENT}{INDENT}1'b0\n{INDENT}}};\n")
    }
}
