//! Tests of the reference codec from outside: properties, hostile input, golden vectors.

mod cost;
mod errors;
mod generators;
mod hostile;
mod independence;
mod oracle;
mod round_trip;
mod streaming;
mod tracked_edges;
mod vector_cases;
mod vector_files;
mod vectors;
mod worked_example;
