//! Statements about packages compiled into one mapped file; matching; why and why not.
