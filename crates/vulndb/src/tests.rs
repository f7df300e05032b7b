//! Cases of matching, by hand-made records; named by their number where they have one.

mod file;
mod languages;
mod os;
mod support;
mod why;
