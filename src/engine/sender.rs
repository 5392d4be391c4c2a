//! What leaves the outbox of a login, as long as the program runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::cache::Cache;
use super::error::{Error, Result};
use super::link::Link;
use super::login::Login;
use super::message::Event;
use super::outbox::{self, Ran};
use super::stop::Stop;
use super::watcher::Tell;
use crate::store::{Desk, OutboxItem, OutboxState};

/// How long an answer that failed in passing waits before it is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// How long an answer that is on its way when all is over may take to its end.
pub const GRACE: Duration = Duration::from_secs(10);

/// Sends what leaves the outbox of one login, over a connection that is there only while something is to be sent.
pub struct Sender {
    pub login: Arc<Login>,
    pub cache: Cache,
    pub tell: Tell,
    pub nudge: Arc<Notify>,
}

impl Sender {
    /// Runs until it is over. An item under way then has a while to come to its end.
    pub async fn run(self, mut stop: Stop) {
        let mut not_before: HashMap<i64, Instant> = HashMap::new();
        let mut written = self.cache.subscribe();
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                () = self.nudge.notified() => not_before.clear(),
                _ = tokio::time::timeout(Duration::from_millis(500), written.changed()) => {}
            }
            let due = match Desk::open(self.cache.path())
                .map_err(Error::from)
                .and_then(|d| outbox::due(&d, Timestamp::now()))
            {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be read");
                    continue;
                }
            };
            let now = Instant::now();
            let ready: Vec<_> = due.into_iter().filter(|i| not_before.get(&i.id).is_none_or(|t| *t <= now)).collect();
            if ready.is_empty() {
                continue;
            }
            for item in &ready {
                not_before.insert(item.id, now + RETRY);
            }
            if let Err(error) = self.send(&ready, &mut stop).await {
                tracing::info!(%error, "what is in the outbox could not be sent");
            }
        }
    }

    /// Sends these, one after the other; once it is over none is begun any more. The one under way goes on to its end: cut
    /// off in its text, nobody would know whether it was sent. What outlasts [`GRACE`] is dropped with its stage on disk.
    async fn send(&self, items: &[OutboxItem], stop: &mut Stop) -> Result<()> {
        let opened = async {
            let mut link = Link::open(&self.login, &self.cache).await?;
            let found = link.discover().await?;
            Ok::<_, Error>((link, found))
        };
        let (mut link, found) = tokio::select! {
            () = stop.stopped() => return Ok(()),
            opened = opened => opened?,
        };
        for item in items {
            if stop.is_over() {
                break;
            }
            let grace = async {
                stop.stopped().await;
                tokio::time::sleep(GRACE).await;
            };
            let ran = tokio::select! {
                () = grace => return Ok(()),
                ran = link.run_item(item.id, &found.mailboxes) => ran?,
            };
            // Its root may have become another one, under which its text is found.
            let target = outbox::place_of(&link.reader, item)?;
            match ran {
                Ran::Sent(_) => (self.tell)(Event::Sent { item: item.id, target }),
                // Once: what is left to be done is nobody's worry.
                Ran::Unmarked(_) if item.state == OutboxState::Submitted => {}
                Ran::Unmarked(_) => (self.tell)(Event::Sent { item: item.id, target }),
                Ran::Stays(refusal) if item.error.as_deref() == Some(&refusal.message) => {}
                Ran::Stays(refusal) | Ran::NotSent(refusal) => {
                    (self.tell)(Event::NotSent { item: item.id, target, refusal });
                }
                Ran::Elsewhere => {}
            }
            self.cache.announce();
        }
        link.session.logout().await;
        Ok(())
    }
}
