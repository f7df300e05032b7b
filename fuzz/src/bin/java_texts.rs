#![no_main]
seawall_fuzz::target!("java_texts", seawall_fuzz::files::java_texts);
