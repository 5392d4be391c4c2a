//! A word to all tasks that it is over.

use tokio::sync::watch;

/// Held by whoever may end the tasks; dropped, it ends them too.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Held by each task.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// The two ends.
pub fn stop() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Returns once it is over.
    pub async fn stopped(&mut self) {
        // An error means that the other end is gone, which says the same.
        let _ = self.0.wait_for(|over| *over).await;
    }

    pub fn is_over(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}
