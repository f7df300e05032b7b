//! Tar, gzip and zstd readers with limits; the index of a layer; merging layers into one tree.
