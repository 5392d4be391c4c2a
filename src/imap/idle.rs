//! IDLE: listening to the selected folder (RFC 2177); by NOOP now and then where a server cannot.

use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::command::Command;
use super::condition::Status;
use super::error::Error;
use super::reply::Reply;
use super::session::{Sent, Session, Unsolicited};

/// Servers may hang up on who has idled for 30 minutes; some do after a little less.
const RENEWAL: Duration = Duration::from_secs(25 * 60);

/// Why the listening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleReason {
    /// Something changed.
    Changed,
    /// The one who listens wants something else.
    Interrupted,
    /// The time is up.
    TimedOut,
}

/// How the listening ended, and all that was told by then: something may have changed in the moment of an interruption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleEnd {
    pub reason: IdleReason,
    pub changes: Vec<Unsolicited>,
}

impl Session {
    /// Listens until something changes, `interrupt` is done, or so much time has passed. Something that was told before
    /// and not taken yet ends it at once. Not to be dropped halfway: `interrupt` is the way out.
    ///
    /// A peer that is gone without a word is noticed by TCP's keepalive within two minutes, one that hangs only when
    /// something is sent: after [`IdleReason::TimedOut`] a NOOP tells.
    pub async fn idle(&mut self, interrupt: impl Future<Output = ()>, longest: Duration) -> Result<IdleEnd, Error> {
        let mut interrupt = pin!(interrupt);
        let deadline = Instant::now() + longest;
        let mut can_idle = self.has("IDLE");
        loop {
            if self.has_unsolicited() {
                return Ok(self.ended(IdleReason::Changed));
            }
            let heard = if can_idle { self.listen(interrupt.as_mut(), deadline).await? } else { Heard::Refused };
            match heard {
                Heard::Reason(reason) => return Ok(self.ended(reason)),
                Heard::Renewal => {}
                Heard::Refused => {
                    can_idle = false;
                    if let Some(reason) = self.poll(interrupt.as_mut(), deadline).await? {
                        return Ok(self.ended(reason));
                    }
                }
            }
        }
    }

    fn ended(&mut self, reason: IdleReason) -> IdleEnd {
        IdleEnd { reason, changes: self.take_unsolicited() }
    }

    /// One IDLE command, from its `+` to its tagged answer.
    async fn listen(
        &mut self,
        mut interrupt: Pin<&mut impl Future<Output = ()>>,
        deadline: Instant,
    ) -> Result<Heard, Error> {
        const NAME: &str = "IDLE";
        let tag = match self.send(Command::new(NAME), &mut Some).await? {
            Sent::Whole(tag) => tag,
            Sent::Answered(_) => return Ok(Heard::Refused),
        };
        if self.await_leave(NAME, &tag, &mut Some).await?.is_some() {
            return Ok(Heard::Refused);
        }
        let renewal = Instant::now() + RENEWAL;
        let heard = loop {
            if self.has_unsolicited() {
                break Heard::Reason(IdleReason::Changed);
            }
            tokio::select! {
                // What was heard counts before what the clock or the person says.
                biased;
                reply = self.next_reply() => match reply? {
                    // Ended by the server: as good as the end of our own asking.
                    Reply::Done { tag: answered, condition } if answered == tag => {
                        self.free();
                        let is_fine = condition.status == Status::Ok;
                        return Ok(if is_fine { Heard::Renewal } else { Heard::Refused });
                    }
                    other => self.collect(Some(other)),
                },
                () = interrupt.as_mut() => break Heard::Reason(IdleReason::Interrupted),
                () = sleep_until(deadline) => break Heard::Reason(IdleReason::TimedOut),
                () = sleep_until(renewal) => break Heard::Renewal,
            }
        };
        self.send_line(NAME, "DONE").await?;
        self.finish(NAME, &tag, &mut Some).await?;
        Ok(heard)
    }

    /// One NOOP and the wait after it; why the listening ends, if it does.
    async fn poll(
        &mut self,
        interrupt: Pin<&mut impl Future<Output = ()>>,
        deadline: Instant,
    ) -> Result<Option<IdleReason>, Error> {
        self.noop().await?;
        if self.has_unsolicited() {
            return Ok(Some(IdleReason::Changed));
        }
        let wait = deadline.saturating_duration_since(Instant::now());
        if timeout(wait.min(self.polling), interrupt).await.is_ok() {
            return Ok(Some(IdleReason::Interrupted));
        }
        Ok((wait <= self.polling).then_some(IdleReason::TimedOut))
    }
}

enum Heard {
    Reason(IdleReason),
    Renewal,
    Refused,
}
