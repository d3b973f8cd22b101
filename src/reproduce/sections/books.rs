//! Section 4, books of others: the book of one tensor used on another layer, kind or model.

use super::drift::{loss, own_book};
use super::{mean, Figure, Study};
use crate::page::charts::{crowded, heat_map};
use crate::page::table::Table;
use crate::page::Svg;
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::ReproduceError;
use rayon::prelude::*;

/// Most tensors in the matrix; of more, as many are taken evenly.
const MOST: usize = 48;
/// Loss that is drawn in the deepest colour, in points.
const DEEPEST: f64 = 30.0;

/// The tensors that have so many rows that the matrices only number them.
pub fn numbered(study: &Study) -> Option<Table> {
    let tensors = chosen(study);
    let mut table =
        Table::new("books-tensors", "Tensors by their numbers in the matrices", &["number", "tensor", "class"]);
    for (i, tensor) in tensors.iter().enumerate() {
        table.row(vec![(i + 1).into(), tensor.name.as_str().into(), tensor.class.as_str().into()]);
    }
    crowded(tensors.len()).then_some(table)
}

/// The tensors of the matrices.
fn chosen<'a>(study: &Study<'a>) -> Vec<&'a Tensor> {
    let with_exponent = |t: &&Tensor| t.layout(View::Fields).is_some();
    let tensors: Vec<&Tensor> = study.main().map(|(_, t)| t).filter(with_exponent).collect();
    let every = tensors.len().div_ceil(MOST).max(1);
    tensors.into_iter().step_by(every).collect()
}

/// Matrices for exponents as they are and re-centred; nothing with fewer than two tensors.
pub fn books(study: &Study) -> Result<Vec<(Figure, Table, String)>, ReproduceError> {
    let tensors = chosen(study);
    if tensors.len() < 2 {
        return Ok(vec![]);
    }
    let views = [
        (View::Fields, "books-as-is", "Other tensors' books: exponents as they are"),
        (View::Recentred, "books-recentred", "Other tensors' books: exponents re-centred"),
    ];
    views.into_iter().map(|(view, id, title)| matrix(&tensors, view, id, title)).collect()
}

fn matrix(
    tensors: &[&Tensor],
    view: View,
    id: &'static str,
    title: &str,
) -> Result<(Figure, Table, String), ReproduceError> {
    let row = |book: &&Tensor| -> Result<Vec<f64>, ReproduceError> {
        let Some(book) = own_book(book, view)? else { return Ok(vec![0.0; tensors.len()]) };
        tensors.iter().map(|on| loss(on, view, &book)).collect()
    };
    let values: Vec<Vec<f64>> = tensors.par_iter().map(row).collect::<Result<_, _>>()?;
    let columns = ["book of", "used on", "relation", "lost to per-shard Huffman [pp]"];
    let mut table = Table::new(id, title, &columns);
    let mut by_relation: Vec<(&str, Vec<f64>)> = RELATIONS.iter().map(|r| (*r, vec![])).collect();
    for (i, book) in tensors.iter().enumerate() {
        for (j, on) in tensors.iter().enumerate() {
            let relation = relation(book, on, i == j);
            table.row(vec![book.name.as_str().into(), on.name.as_str().into(), relation.into(), values[i][j].into()]);
            by_relation.iter_mut().filter(|r| r.0 == relation).for_each(|r| r.1.push(values[i][j]));
        }
    }
    let means = by_relation.iter().filter_map(|(r, v)| Some(format!("{:.2} on {r}", mean(v)?)));
    let how = if view == View::Recentred { "re-centred" } else { "as they are" };
    let finding = format!(
        "Exponents {how}: a tensor's book loses on average {} (percentage points against per-shard Huffman).",
        means.collect::<Vec<_>>().join(", ")
    );
    let numbers = if crowded(tensors.len()) { " Whose numbers these are: the table below." } else { "" };
    let description = format!(
        "{n} by {n} tensors: row, whose book; column, on what; the deeper the red the more is lost, in percentage points against per-shard Huffman.{numbers}",
        n = tensors.len()
    );
    let mut svg = Svg::new(id, title, &description);
    let names: Vec<String> = tensors.iter().map(|t| t.labels.short()).collect();
    heat_map(&mut svg, &names, &values, DEEPEST, ("book of", "used on (same numbers), lost [pp]"));
    Ok((Figure::new(svg, description, id), table, finding))
}

const RELATIONS: [&str; 5] = ["itself", "another step", "another layer", "another kind of the model", "another model"];

fn relation(book: &Tensor, on: &Tensor, same: bool) -> &'static str {
    let [itself, step, layer, kind, model] = RELATIONS;
    match () {
        _ if same => itself,
        _ if book.labels.model != on.labels.model => model,
        _ if book.labels.kind != on.labels.kind => kind,
        _ if book.labels.layer != on.labels.layer => layer,
        _ => step,
    }
}
