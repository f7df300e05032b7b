//! Fetch and read advisory sources, each in its own format, into vulndb.
