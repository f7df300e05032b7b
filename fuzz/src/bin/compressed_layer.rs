#![no_main]
seawall_fuzz::target!("compressed_layer", seawall_fuzz::layers::compressed_layer);
