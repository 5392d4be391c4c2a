//! How long to wait before a lost connection is tried again: longer each time, never the same for two.

use std::time::Duration;

use super::drive::random_pause;
use super::error::Error;

const FIRST_MS: u64 = 500;
const LONGEST_MS: u64 = 60_000;
const SIGNED_OUT: Duration = Duration::from_secs(3);

/// Pauses that grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It worked: the next failure is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The pause after one more failure: doubled each time, up to a minute, and anywhere in its second half, so that a
    /// team does not come back to a restarted server in the same moment.
    pub fn pause(&mut self) -> Duration {
        let (from, to) = self.range();
        self.failures = self.failures.saturating_add(1);
        random_pause(from, to)
    }

    /// The pause after this failure. Where nobody is signed in, looking again costs nobody anything, and whoever signs in
    /// in another terminal does not want to wait.
    pub fn pause_after(&mut self, error: &Error) -> Duration {
        if error.is_signed_out() { SIGNED_OUT } else { self.pause() }
    }

    fn range(self) -> (u64, u64) {
        let full = FIRST_MS.saturating_mul(1 << self.failures.min(16)).min(LONGEST_MS);
        (full / 2, full)
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn pauses_grow_to_a_minute_and_begin_again_after_a_success() {
        let mut backoff = Backoff::default();
        let mut last = 0;
        for _ in 0..30 {
            let (from, to) = backoff.range();
            assert!(from >= last / 2 && to <= 60_000 && from < to);
            let pause = u64::try_from(backoff.pause().as_millis()).unwrap();
            assert!((from..=to).contains(&pause));
            last = to;
        }
        assert_eq!(last, 60_000);
        backoff.reset();
        assert_eq!(backoff.range(), (250, 500));
    }
}
