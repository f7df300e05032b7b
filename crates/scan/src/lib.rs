//! The pipeline source, catalogue, verdict, used by command line, hub and agent alike.
