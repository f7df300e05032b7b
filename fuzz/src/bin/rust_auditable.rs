#![no_main]
seawall_fuzz::target!("rust_auditable", seawall_fuzz::files::rust_auditable);
