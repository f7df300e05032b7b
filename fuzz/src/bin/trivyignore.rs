#![no_main]
seawall_fuzz::target!("trivyignore", seawall_fuzz::rules::trivyignore);
