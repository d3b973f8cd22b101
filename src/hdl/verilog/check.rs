//! What must hold for a kernel to be combinational, and to mean the same run once in order as settled.

use super::error::EmitError;
use super::ir::{Net, NetId, NetKind, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// Checks that every net the block drives is assigned on every path, and read only where it has its value.
pub fn check(module: &str, nets: &[Net], stmts: &[Stmt]) -> Result<(), EmitError> {
    let mut assigned = BTreeSet::new();
    Definite { module, nets }.block(stmts, &mut assigned)?;
    for (id, net) in nets.iter().enumerate() {
        let driven = matches!(net.kind, NetKind::Output | NetKind::Local | NetKind::ChildInput);
        if driven && !assigned.contains(&id) {
            return Err(EmitError::Latch { module: module.to_owned(), signal: net.name.clone() });
        }
    }
    let order = Order::new(stmts, nets);
    for (&(net, at), _) in order.reads.iter() {
        // In simulation the input of a sub-block shows what was assigned to it last in the kernel.
        if nets[net].kind == NetKind::ChildInput && order.last_assignment.get(&net) > Some(&at) {
            return Err(EmitError::AssignedAfterRead { module: module.to_owned(), signal: nets[net].name.clone() });
        }
    }
    Ok(())
}

struct Definite<'a> {
    module: &'a str,
    nets: &'a [Net],
}

impl Definite<'_> {
    fn block(&self, stmts: &[Stmt], assigned: &mut BTreeSet<NetId>) -> Result<(), EmitError> {
        stmts.iter().try_for_each(|stmt| self.statement(stmt, assigned))
    }

    fn statement(&self, stmt: &Stmt, assigned: &mut BTreeSet<NetId>) -> Result<(), EmitError> {
        match stmt {
            Stmt::Assign(target, value) => {
                self.read(value, assigned)?;
                assigned.insert(*target);
            }
            Stmt::AssignSlice(target, _, value) => {
                self.read(value, assigned)?;
                if !assigned.contains(target) {
                    return Err(self.latch(*target));
                }
            }
            Stmt::If(test, then, otherwise) => {
                self.read(test, assigned)?;
                let mut other = assigned.clone();
                self.block(then, assigned)?;
                self.block(otherwise, &mut other)?;
                assigned.retain(|net| other.contains(net));
            }
            Stmt::Case(test, arms, default) => {
                self.read(test, assigned)?;
                let before = assigned.clone();
                self.block(default, assigned)?;
                for (_, body) in arms {
                    let mut other = before.clone();
                    self.block(body, &mut other)?;
                    assigned.retain(|net| other.contains(net));
                }
            }
            Stmt::Comment(_) => {}
        }
        Ok(())
    }

    fn read(&self, value: &super::ir::Expr, assigned: &BTreeSet<NetId>) -> Result<(), EmitError> {
        let mut missing = None;
        value.reads(self.nets, &mut |net, _, _| {
            let given = matches!(self.nets[net].kind, NetKind::Input | NetKind::ChildOutput);
            if !given && !assigned.contains(&net) {
                missing = Some(net);
            }
        });
        match missing {
            Some(net) => Err(EmitError::ReadBeforeAssignment {
                module: self.module.to_owned(),
                signal: self.nets[net].name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn latch(&self, net: NetId) -> EmitError {
        EmitError::Latch { module: self.module.to_owned(), signal: self.nets[net].name.clone() }
    }
}

/// Where in the kernel's order nets are read and assigned.
#[derive(Debug, Default)]
pub struct Order {
    /// Position of the last assignment of each net.
    pub last_assignment: BTreeMap<NetId, usize>,
    /// Reads by net and position, with the index of the outermost statement.
    pub reads: BTreeMap<(NetId, usize), usize>,
    next: usize,
}

impl Order {
    /// The order of `stmts`.
    pub fn new(stmts: &[Stmt], nets: &[Net]) -> Order {
        let mut order = Order::default();
        for (top, stmt) in stmts.iter().enumerate() {
            order.statement(stmt, top, nets);
        }
        order
    }

    /// The net has its final value when read at this position.
    pub fn is_final(&self, net: NetId, at: usize) -> bool {
        self.last_assignment.get(&net).is_none_or(|&last| last < at)
    }

    fn statement(&mut self, stmt: &Stmt, top: usize, nets: &[Net]) {
        let at = self.next;
        self.next += 1;
        let mut read = |value: &super::ir::Expr| {
            value.reads(nets, &mut |net, _, _| {
                self.reads.insert((net, at), top);
            });
        };
        match stmt {
            Stmt::Assign(target, value) | Stmt::AssignSlice(target, _, value) => {
                read(value);
                self.last_assignment.insert(*target, at);
            }
            Stmt::If(test, then, otherwise) => {
                read(test);
                then.iter().chain(otherwise).for_each(|s| self.statement(s, top, nets));
            }
            Stmt::Case(test, arms, default) => {
                read(test);
                for s in arms.iter().flat_map(|(_, body)| body).chain(default) {
                    self.statement(s, top, nets);
                }
            }
            Stmt::Comment(_) => {}
        }
    }
}
