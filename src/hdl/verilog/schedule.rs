//! From one kernel to independent processes.
//!
//! A kernel runs top to bottom. Printed as one block it would seem to simulators to depend on itself wherever a
//! sub-block answers combinationally, and it would hide the wiring. So statements that share targets, or that read a
//! value which a later statement changes, stay together in order, and everything else becomes a process of its own: an
//! `assign` where it is one unconditional assignment, an `always @(*)` block elsewhere.

use super::check::Order;
use super::error::EmitError;
use super::ir::{Expr, Net, NetId, NetKind, Stmt, MAX_BITS};
use std::collections::{BTreeMap, BTreeSet};

/// A process of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Process {
    /// `assign`, with the comments that came before it.
    Assign(Vec<String>, NetId, Expr),
    /// `always @(*)`: parts that need a default so as not to latch, statements.
    Comb(Vec<NetId>, Vec<Stmt>),
}

/// The processes of `stmts`, in the order of their first statements.
pub fn schedule(module: &str, nets: &[Net], stmts: Vec<Stmt>) -> Result<Vec<Process>, EmitError> {
    let stmts = hoist(nets, stmts);
    let groups = merge_cycles(nets, &stmts, group(nets, &stmts));
    let mut processes = Vec::new();
    for members in groups {
        let own = targets(&members.iter().map(|&i| &stmts[i]).collect::<Vec<_>>());
        let body: Vec<Stmt> = members.iter().map(|&i| stmts[i].clone()).collect();
        let (comments, rest): (Vec<_>, Vec<_>) = body.iter().partition(|s| matches!(s, Stmt::Comment(_)));
        if rest.is_empty() {
            continue;
        }
        if let [Stmt::Assign(target, value)] = rest.as_slice() {
            let text = |s: &&Stmt| if let Stmt::Comment(text) = s { text.clone() } else { String::new() };
            processes.push(Process::Assign(comments.iter().map(text).collect(), *target, value.clone()));
            continue;
        }
        let mut foreign = false;
        let mut see = |e: &Expr| e.reads(nets, &mut |net, _, _| foreign |= !own.contains(&net));
        body.iter().for_each(|s| s.expressions(&mut see));
        if foreign {
            // Parts made within a branch are read there only; a default keeps them from being latches.
            let outer = |&net: &NetId| body.iter().any(|s| matches!(s, Stmt::Assign(target, _) if *target == net));
            let parts = own.iter().copied().filter(|net| nets[*net].kind == NetKind::Part && !outer(net)).collect();
            processes.push(Process::Comb(parts, body));
        } else {
            // `always @(*)` waits for a change of something it reads: without such a thing it would never run.
            let mut values = BTreeMap::new();
            let known = execute(&body, &mut values);
            for net in own.into_iter().filter(|&net| nets[net].kind != NetKind::Part) {
                let (Some(()), Some(&value)) = (known, values.get(&net)) else {
                    let what = format!("{}, a constant of more than {MAX_BITS} bits,", nets[net].name);
                    return Err(EmitError::Unsupported { module: module.to_owned(), what });
                };
                processes.push(Process::Assign(Vec::new(), net, Expr::literal(value, nets[net].bits)));
            }
        }
    }
    Ok(processes)
}

fn targets(stmts: &[&Stmt]) -> BTreeSet<NetId> {
    let mut out = BTreeSet::new();
    stmts.iter().for_each(|s| s.targets(&mut out));
    out
}

/// Moves the parts whose operands have their final values out of the branches they were made in.
fn hoist(nets: &[Net], stmts: Vec<Stmt>) -> Vec<Stmt> {
    let order = Order::new(&stmts, nets);
    let mut walk = Hoist { nets, order: &order, at: 0, top: 0, out: Vec::new(), free: BTreeSet::new() };
    for stmt in stmts {
        walk.top = walk.at;
        let stmt = walk.statement(stmt);
        walk.out.extend(stmt);
    }
    walk.out
}

struct Hoist<'a> {
    nets: &'a [Net],
    order: &'a Order,
    at: usize,
    /// Position of the outermost statement.
    top: usize,
    out: Vec<Stmt>,
    free: BTreeSet<NetId>,
}

impl Hoist<'_> {
    fn block(&mut self, stmts: Vec<Stmt>) -> Vec<Stmt> {
        stmts.into_iter().filter_map(|s| self.statement(s)).collect()
    }

    /// The statement without its hoisted parts, which are in `out`.
    fn statement(&mut self, stmt: Stmt) -> Option<Stmt> {
        self.at += 1;
        Some(match stmt {
            Stmt::Assign(target, value) if self.nets[target].kind == NetKind::Part => {
                let mut free = true;
                value.reads(self.nets, &mut |net, _, _| {
                    free &= self.order.is_final(net, self.top) || self.free.contains(&net);
                });
                if free {
                    self.free.insert(target);
                    self.out.push(Stmt::Assign(target, value));
                    return None;
                }
                Stmt::Assign(target, value)
            }
            Stmt::If(test, then, otherwise) => {
                let then = self.block(then);
                let otherwise = self.block(otherwise);
                Stmt::If(test, then, otherwise)
            }
            Stmt::Case(test, arms, default) => {
                let arms = arms.into_iter().map(|(pattern, body)| (pattern, self.block(body))).collect();
                Stmt::Case(test, arms, self.block(default))
            }
            other => other,
        })
    }
}

/// Sets of statements that must stay together, each in order, ordered by their first.
fn group(nets: &[Net], stmts: &[Stmt]) -> Vec<Vec<usize>> {
    let order = Order::new(stmts, nets);
    let mut sets = Sets::new(stmts.len());
    let mut assigners: BTreeMap<NetId, usize> = BTreeMap::new();
    for (i, stmt) in stmts.iter().enumerate() {
        if matches!(stmt, Stmt::Comment(_)) && i + 1 < stmts.len() {
            sets.join(i, i + 1);
        }
        for net in targets(&[stmt]) {
            sets.join(*assigners.entry(net).or_insert(i), i);
        }
    }
    for (&(net, at), &top) in &order.reads {
        if let Some(&assigner) = assigners.get(&net).filter(|_| !order.is_final(net, at)) {
            sets.join(assigner, top);
        }
    }
    sets.groups()
}

/// Joins groups that read each other's targets.
fn merge_cycles(nets: &[Net], stmts: &[Stmt], groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut driver = BTreeMap::new();
    for (g, members) in groups.iter().enumerate() {
        for &i in members {
            driver.extend(targets(&[&stmts[i]]).into_iter().map(|net| (net, g)));
        }
    }
    let mut reads: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); groups.len()];
    for (g, members) in groups.iter().enumerate() {
        let mut see = |e: &Expr| {
            e.reads(nets, &mut |net, _, _| {
                reads[g].extend(driver.get(&net).filter(|&&d| d != g));
            });
        };
        members.iter().for_each(|&i| stmts[i].expressions(&mut see));
    }
    let reach: Vec<BTreeSet<usize>> = (0..groups.len())
        .map(|g| {
            let mut seen = BTreeSet::new();
            let mut open = vec![g];
            while let Some(at) = open.pop() {
                open.extend(reads[at].iter().filter(|&&next| seen.insert(next)));
            }
            seen
        })
        .collect();
    let mut sets = Sets::new(stmts.len());
    for (g, members) in groups.iter().enumerate() {
        members.iter().for_each(|&i| sets.join(members[0], i));
        for &other in reach[g].iter().filter(|&&other| reach[other].contains(&g)) {
            sets.join(members[0], groups[other][0]);
        }
    }
    sets.groups()
}

/// Disjoint sets of 0 ... n - 1.
struct Sets(Vec<usize>);

impl Sets {
    fn new(n: usize) -> Self {
        Sets((0..n).collect())
    }

    fn root(&self, mut i: usize) -> usize {
        while self.0[i] != i {
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for i in 0..self.0.len() {
            groups.entry(self.root(i)).or_default().push(i);
        }
        groups.into_values().collect()
    }
}

/// Runs statements that depend on nothing but constants.
fn execute(stmts: &[Stmt], values: &mut BTreeMap<NetId, u128>) -> Option<()> {
    for stmt in stmts {
        match stmt {
            Stmt::Assign(target, value) => {
                let value = value.evaluate(values)?;
                values.insert(*target, value);
            }
            Stmt::AssignSlice(target, low, value) => {
                let (old, new) = (*values.get(target)?, value.evaluate(values)?);
                let mask = super::ir::mask(value.bits).checked_shl(*low as u32)?;
                values.insert(*target, (old & !mask) | new.checked_shl(*low as u32)?);
            }
            Stmt::If(test, then, otherwise) => {
                let taken = if test.evaluate(values)? != 0 { then } else { otherwise };
                execute(taken, values)?;
            }
            Stmt::Case(test, arms, default) => {
                let value = test.evaluate(values)?;
                let arm = arms.iter().find(|(pattern, _)| pattern.evaluate(values) == Some(value));
                execute(arm.map_or(default, |(_, body)| body), values)?;
            }
            Stmt::Comment(_) => {}
        }
    }
    Some(())
}
