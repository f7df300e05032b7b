//! An image's configuration and layers from registries, daemons, archives and layouts.
