#![no_main]
seawall_fuzz::target!("image_config", seawall_fuzz::images::config);
