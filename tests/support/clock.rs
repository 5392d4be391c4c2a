//! A wrong clock for one program (libfaketime): the time of day is another one, time passes as ever.

use super::bagsy::Bagsy;

impl Bagsy {
    /// From now on this machine's clock is off, as `+2d` or `-3h` says it.
    pub fn with_clock(self, off: &str) -> Self {
        let places = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
        let library = places.map(|place| format!("{place}/faketime/libfaketime.so.1"));
        let library = library.iter().find(|path| std::path::Path::new(path).exists());
        let library = library.expect("no libfaketime: tests/run installs it");
        self.env("LD_PRELOAD", library).env("FAKETIME", off).env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }

    /// The clock is right again.
    pub fn with_right_clock(self) -> Self {
        self.without("LD_PRELOAD").without("FAKETIME")
    }
}
