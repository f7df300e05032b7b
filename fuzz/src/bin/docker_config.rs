#![no_main]
seawall_fuzz::target!("docker_config", seawall_fuzz::images::docker_config);
