//! Carrying out an answer: what `wire::answer` asks, on the mailbox, in the outbox and at the submission server.

use jiff::{SignedDuration, Timestamp};

use super::drive::{self, CarryOut, Place, random_pause};
use super::error::{Error, Result};
use super::link::Link;
use super::outbox::{Expected, Kept, is_untouched, json, state_of};
use crate::config::DoneMeans;
use crate::imap::UidSet;
use crate::model::{Capability, ErrorKind, Mailbox, Message, Refusal, Role, Status, Uid};
use crate::smtp::{self, Submission};
use crate::store::{Desk, OutboxItem, OutboxState};
use crate::wire::answer::{Answer, Ask, Copy, Item, Outcome, Progress, Reply, Stage, Told, View, Why, is_answered};
use crate::wire::keywords::{self, Fate};
use crate::wire::state;
use crate::wire::status::Goal;
use crate::wire::step::{self, FlagChange, Sight};

/// A copy that is pending for longer than this is nobody's work under way any more.
pub(super) const OLD: SignedDuration = SignedDuration::from_mins(10);

/// So many reports are looked through at most for what became of an answer, the newest.
const REPORTS: u32 = 20;

/// How often in one run a conversation's root may become another one.
const MOVES: u8 = 10;

/// One run of one item.
pub struct Sending<'a> {
    mailbox: &'a Mailbox,
    pub item: OutboxItem,
    kept: Kept,
    message: Vec<u8>,
    pub desk: Desk,
    submission: Option<Submission>,
    refused: Option<smtp::Error>,
    /// How often the conversation's root became another one in this run.
    moves: u8,
    /// When Sent took the announcement in this run, by this machine's clock.
    announced_at: Option<Timestamp>,
}

impl<'a> Sending<'a> {
    pub fn new(mailbox: &'a Mailbox, item: OutboxItem, kept: Kept, message: Vec<u8>, desk: Desk) -> Self {
        Self { mailbox, item, kept, message, desk, submission: None, refused: None, moves: 0, announced_at: None }
    }

    /// What the outbox keeps of it now.
    pub fn stage(&self) -> String {
        json(&self.kept)
    }

    /// How it stands now.
    pub fn state(&self) -> OutboxState {
        state_of(&self.kept.progress.stage)
    }

    /// What the submission server said last against it.
    pub fn refusal(&mut self) -> Option<Refusal> {
        self.refused.take().map(Refusal::from)
    }

    fn place(&self) -> Place<'_> {
        Place { mailbox: self.mailbox, root: self.item.conversation_root() }
    }

    fn save(&mut self, progress: Progress) -> Result<()> {
        self.kept.progress = progress;
        if !self.desk.outbox_update(self.item.id, &self.stage(), self.state(), None)? {
            return Err(Refusal::new(ErrorKind::NotFound, "the answer is no longer in the outbox").into());
        }
        Ok(())
    }

    fn replied(&mut self, result: std::result::Result<smtp::Reply, smtp::Error>) -> Reply {
        match result {
            Ok(_) => Reply::Done,
            Err(error) => {
                let text = error.to_string();
                let reply = if error.is_unknown() {
                    Reply::Silent
                } else if error.is_transient() {
                    Reply::Later(text)
                } else {
                    Reply::Never(text)
                };
                self.refused = Some(error);
                reply
            }
        }
    }

    /// A step at the submission server.
    async fn submit(&mut self, ask: &Ask) -> Reply {
        let Some(mut submission) = self.submission.take() else {
            return Reply::Later("there is no connection to the submission server".to_owned());
        };
        let result = match ask {
            Ask::MailFrom => submission.mail_from(&self.item.from, self.message.len(), !self.message.is_ascii()).await,
            Ask::Recipient(index) => match self.item.recipients.get(*index) {
                Some(recipient) => submission.rcpt_to(recipient).await,
                None => return Reply::Later("an answer lost a recipient".to_owned()),
            },
            Ask::Reset => submission.rset().await,
            _ => match submission.data_begin().await {
                Ok(_) => submission.data_body(&self.message).await,
                Err(error) => Err(error),
            },
        };
        self.submission = Some(submission);
        self.replied(result)
    }
}

/// An answer on its way, over one connection.
struct Hands<'a, 'b> {
    link: &'a mut Link,
    sending: &'a mut Sending<'b>,
}

impl CarryOut for Hands<'_, '_> {
    type Ask = Ask;
    type Told = Told;

    async fn carry_out(&mut self, ask: Ask) -> Result<Told> {
        self.link.carry_out_answer(self.sending, ask).await
    }
}

/// The announced copies of one answer in Sent, over one connection.
pub(super) struct OnCopies<'a> {
    pub link: &'a mut Link,
    pub mailbox: &'a Mailbox,
    /// The answer's Message-ID.
    pub id: &'a str,
}

impl CarryOut for OnCopies<'_> {
    type Ask = step::Ask;
    type Told = step::Told;

    async fn carry_out(&mut self, ask: step::Ask) -> Result<step::Told> {
        self.link.carry_out_on_copies(self.mailbox, self.id, ask).await
    }
}

impl Link {
    /// Runs an answer from where the outbox has it.
    ///
    /// # Errors
    /// What ends the session: it is taken up again later.
    pub async fn send(&mut self, sending: &mut Sending<'_>) -> Result<Outcome> {
        let me = self.login.handle_in(sending.mailbox)?;
        let mailbox = sending.mailbox;
        let claims = mailbox.may(Capability::Claim);
        let archive = mailbox.may(Capability::Archive)
            && self.login.config_of(mailbox).is_none_or(|c| c.done == DoneMeans::Archive);
        let announce = announces(mailbox) && self.sent_keeps_announcements(mailbox).await?;
        if !announce && !sending.kept.unannounced {
            return unannounced(&sending.kept, mailbox);
        }
        // How Sent numbers its messages is known for certain before what was seen there is gone by.
        self.sync_sent(mailbox).await?;
        self.mind_validity(mailbox, &mut sending.kept)?;
        // What begins a conversation has none to claim, to be overtaken in, or to change afterwards.
        let claims = claims && !sending.item.is_opening();
        let item = Item {
            me,
            seen: sending.kept.seen,
            expect: sending.kept.expect.clone().into(),
            recipients: sending.item.recipients.len(),
            claims,
            announce,
            unannounced: sending.kept.unannounced,
            files: mailbox.folder(Role::Sent).is_some() && grants(mailbox, Role::Sent, "ri"),
            may_delete: grants(mailbox, Role::Sent, "te"),
            then: claims.then_some(match sending.item.after {
                Some(Status::Done) => Goal::Done { archive },
                Some(Status::Open) => Goal::Open,
                _ => Goal::Waiting,
            }),
        };
        let start = Answer::start(item, sending.kept.progress.clone());
        let outcome = drive::run(start, Hands { link: self, sending }).await?;
        if let Some(submission) = sending.submission.take() {
            submission.quit().await;
        }
        Ok(outcome)
    }

    /// After a change of UIDVALIDITY nothing that was seen is known any more, nor which copies were.
    pub(super) fn mind_validity(&self, mailbox: &Mailbox, kept: &mut Kept) -> Result<()> {
        let seen = kept.seen.numbered(self.reader.numbering(mailbox.key())?);
        if kept.seen.numbering.sent.is_some() && kept.seen.numbering.sent != seen.numbering.sent {
            kept.progress.spent = Uid(0);
        }
        kept.seen = seen;
        Ok(())
    }

    async fn carry_out_answer(&mut self, sending: &mut Sending<'_>, ask: Ask) -> Result<Told> {
        let mailbox = sending.mailbox;
        Ok(match ask {
            Ask::Look => {
                let view = loop {
                    let may_be_sent = matches!(sending.kept.progress.stage, Stage::Transmitting | Stage::Unknown);
                    let announced_at = sending.announced_at.take();
                    let view = self.look_for_answer(sending.place(), &sending.item, announced_at, may_be_sent).await?;
                    if self.is_still_there(sending).await? {
                        break view;
                    }
                };
                Told::Looked(view)
            }
            Ask::Inbox(step::Ask::Look) => {
                let sights = loop {
                    let sights = self.look(sending.place()).await?;
                    if self.is_still_there(sending).await? {
                        break sights;
                    }
                };
                Told::Inbox(step::Told::Seen(sights))
            }
            Ask::Inbox(ask) => Told::Inbox(self.carry_out(sending.place(), ask).await?),
            Ask::Copies(ask) => Told::Copies(self.carry_out_on_copies(mailbox, &sending.item.message_id, ask).await?),
            Ask::Delete(uid) => {
                self.delete_copy(mailbox, uid).await?;
                Told::Deleted
            }
            Ask::Append => {
                let flags = [keywords::SEEN, keywords::SUBMIT_PENDING];
                let answer = self.append_to_sent(mailbox, &flags, &sending.message).await?;
                sending.announced_at = (answer == Some(true)).then(Timestamp::now);
                Told::Appended(answer)
            }
            Ask::File => Told::Appended(self.append_to_sent(mailbox, &[keywords::SEEN], &sending.message).await?),
            Ask::MarkAnswered if sending.item.is_opening() => {
                self.mark_forwarded(mailbox, &sending.kept.forwarded).await?;
                Told::MarkedAnswered
            }
            Ask::MarkAnswered => {
                self.mark_answered(sending.place(), &sending.item.answered).await?;
                Told::MarkedAnswered
            }
            Ask::Save(progress) => {
                sending.save(progress)?;
                Told::Saved
            }
            Ask::Connect => {
                // All was as expected; from now on the conversation is as this answer made it.
                if std::mem::take(&mut sending.kept.expect) != Expected::default() {
                    sending.save(sending.kept.progress.clone())?;
                }
                Told::Replied(self.connect_submission(sending).await?)
            }
            submit @ (Ask::MailFrom | Ask::Recipient(_) | Ask::Reset | Ask::Data) => {
                Told::Replied(sending.submit(&submit).await)
            }
        })
    }

    /// Whether the look that was taken was one at the conversation of what is answered: what it brought in, or found gone,
    /// may have made another root of it. Then that one is to be looked at.
    async fn is_still_there(&mut self, sending: &mut Sending<'_>) -> Result<bool> {
        let key = sending.mailbox.key();
        if !self.is_at_root(&sending.item)? {
            sending.moves += 1;
            if sending.moves > MOVES {
                let text = "the conversation changes faster than it can be looked at";
                return Err(Refusal::new(ErrorKind::Unreachable, text).into());
            }
            self.find_root(sending.mailbox, &mut sending.item).await?;
            return Ok(false);
        }
        let item = &sending.item;
        let is_known = !item.is_opening() && !self.reader.messages_with_id(key, &item.answered)?.is_empty();
        if is_known && self.reader.thread(key, &sending.item.root)?.is_empty() {
            let text = "the conversation of what is answered cannot be found now";
            return Err(Refusal::new(ErrorKind::Unreachable, text).into());
        }
        Ok(true)
    }

    /// INBOX and Sent up to UIDNEXT, by the eyes of one answer.
    async fn look_for_answer(
        &mut self,
        place: Place<'_>,
        item: &OutboxItem,
        announced_at: Option<Timestamp>,
        may_be_sent: bool,
    ) -> Result<View> {
        let own_id = &item.message_id;
        let sent = self.copies(place, own_id, announced_at).await?;
        let inbox = self.look(place).await?;
        let is_reported = may_be_sent && self.is_reported(place.mailbox, item).await?;
        let thread = self.reader.thread(place.mailbox.key(), place.root)?;
        let names = |m: &Message| m.references.iter().chain(&m.in_reply_to).any(|id| id.0 == *own_id);
        Ok(View {
            is_answered: is_answered(&thread, &item.answered),
            is_named: is_reported
                || thread.iter().any(|m| m.folder == Role::Inbox && names(m) && !state::is_outgoing(m, &thread)),
            inbox,
            sent,
        })
    }

    /// Whether a bounce names an answer in its report alone: that joins it to no conversation.
    async fn is_reported(&mut self, mailbox: &Mailbox, item: &OutboxItem) -> Result<bool> {
        // A day for clocks that differ.
        let since = item.since.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(item.since);
        let id = item.message_id.as_bytes();
        for report in self.reader.reports_since(mailbox.key(), Role::Inbox, since, REPORTS)? {
            let mut body = self.reader.body(mailbox.key(), report.folder, report.uid)?;
            if body.is_none() {
                match self.open_body(mailbox, &report).await {
                    Ok(()) => {}
                    Err(error) if error.ends_session() => return Err(error),
                    Err(error) => tracing::info!(%error, uid = report.uid.0, "a report cannot be read"),
                }
                body = self.reader.body(mailbox.key(), report.folder, report.uid)?;
            }
            if body.is_some_and(|body| body.raw.windows(id.len()).any(|run| run == id)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The conversation in Sent, and all copies with this Message-ID, freshly looked at.
    async fn copies(&mut self, place: Place<'_>, own_id: &str, announced_at: Option<Timestamp>) -> Result<Vec<Copy>> {
        let (mailbox, key) = (place.mailbox, place.mailbox.key());
        if !self.sync_sent(mailbox).await? {
            return Ok(Vec::new());
        }
        self.gather(place, Role::Sent).await?;
        let mut members = self.reader.thread(key, place.root)?;
        members.extend(self.reader.messages_with_id(key, own_id)?);
        members.retain(|m| m.folder == Role::Sent);
        members.sort_by_key(|m| m.uid);
        members.dedup_by_key(|m| m.uid);
        let is_own = |m: &Message| m.message_id.as_ref().is_some_and(|id| id.0 == own_id);
        if let (Some(at), Some(own)) = (announced_at, members.iter().rfind(|m| is_own(m))) {
            // It was filed without a date: the server's clock gave it one.
            let ahead = own.internal_date.duration_since(at);
            self.cache.write(|w| w.note_clock(ahead))?;
        }
        let now = Timestamp::now() + self.reader.clock()?;
        let copy = |m: Message| Copy {
            uid: m.uid,
            modseq: m.modseq,
            is_own: is_own(&m),
            is_old: now.duration_since(m.internal_date) > OLD,
            flags: m.flags,
        };
        Ok(members.into_iter().map(copy).collect())
    }

    /// Brings Sent up to UIDNEXT; `false` where there is none to be seen.
    async fn sync_sent(&mut self, mailbox: &Mailbox) -> Result<bool> {
        if mailbox.folder(Role::Sent).is_none() {
            return Ok(false);
        }
        match self.sync(mailbox, Role::Sent).await {
            Ok(_) => Ok(true),
            // Closed to this login: announced it cannot be. What was announced is there all the same, seen or not.
            Err(Error::Imap(error)) if !error.is_fatal() && !announces(mailbox) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A step on the pending copies of an answer in Sent.
    async fn carry_out_on_copies(&mut self, mailbox: &Mailbox, id: &str, ask: step::Ask) -> Result<step::Told> {
        use step::{Ask, Told};
        Ok(match ask {
            Ask::Look => {
                self.sync(mailbox, Role::Sent).await?;
                let mut copies = self.reader.messages_with_id(mailbox.key(), id)?;
                copies.retain(|m| m.folder == Role::Sent && keywords::fate(&m.flags) == Fate::Pending);
                copies.sort_by_key(|m| m.uid);
                let sight = |m: Message| Sight {
                    uid: m.uid,
                    modseq: m.modseq,
                    flags: m.flags,
                    incoming: false,
                    auto_reply: false,
                };
                Told::Seen(copies.into_iter().map(sight).collect())
            }
            Ask::Store { uid, unchanged_since, change } => {
                self.enter(mailbox, Role::Sent).await?;
                self.mark_stale();
                match self.session.store(uid, unchanged_since, &change).await {
                    Ok(answer) => Told::Stored {
                        accepted: answer.accepted,
                        modified: answer.modified,
                        fetched: answer.fetched.is_some(),
                    },
                    Err(error) if error.is_fatal() => return Err(error.into()),
                    Err(_) => Told::Stored { accepted: false, modified: false, fetched: false },
                }
            }
            Ask::Move { .. } => Told::Moved { accepted: false },
            Ask::Wait { from_ms, to_ms } => {
                tokio::time::sleep(random_pause(from_ms, to_ms)).await;
                Told::Waited
            }
        })
    }

    async fn delete_copy(&mut self, mailbox: &Mailbox, uid: Uid) -> Result<()> {
        self.enter(mailbox, Role::Sent).await?;
        self.mark_stale();
        let deleted = FlagChange::Add(vec![keywords::DELETED.to_owned()]);
        let gone = match self.session.store(uid, None, &deleted).await {
            Ok(_) => self.session.uid_expunge(&UidSet::one(uid)).await,
            Err(error) => Err(error),
        };
        match gone {
            Err(error) if error.is_fatal() => Err(error.into()),
            Err(error) => {
                tracing::info!(%error, "a void copy stays in Sent");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// APPENDs a copy. `None`: no answer came, and the connection is a new one.
    async fn append_to_sent(&mut self, mailbox: &Mailbox, flags: &[&str], message: &[u8]) -> Result<Option<bool>> {
        let Some(name) = mailbox.folder(Role::Sent) else { return Ok(Some(false)) };
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        match self.session.append(name, &flags, message).await {
            Ok(_) => Ok(Some(true)),
            Err(error) if error.is_fatal() => {
                tracing::info!(%error, "an APPEND to Sent was not answered");
                self.reconnect().await?;
                Ok(None)
            }
            Err(error) => {
                tracing::info!(%error, "an APPEND to Sent was refused");
                Ok(Some(false))
            }
        }
    }

    /// `\Answered` on what was answered, wherever it lies.
    pub(super) async fn mark_answered(&mut self, place: Place<'_>, answered: &str) -> Result<()> {
        let key = place.mailbox.key();
        let mut messages = self.reader.messages_with_id(key, answered)?;
        messages.retain(|m| matches!(m.folder, Role::Inbox | Role::Archive) && !m.flags.answered);
        for message in messages {
            self.enter(place.mailbox, message.folder).await?;
            self.mark_stale();
            let change = FlagChange::Add(vec![keywords::ANSWERED.to_owned()]);
            match self.session.store(message.uid, None, &change).await {
                Err(error) if error.is_fatal() => return Err(error.into()),
                Err(error) => tracing::info!(%error, "what was answered is not marked so"),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    async fn connect_submission(&mut self, sending: &mut Sending<'_>) -> Result<Reply> {
        let endpoint = &self.login.account.smtp;
        let credentials = self.login.submission_credentials(false).await?;
        let mut connected = Submission::connect(endpoint, &credentials).await;
        if matches!(connected, Err(smtp::Error::AuthRefused { .. }))
            && let Ok(fresh) = self.login.submission_credentials(true).await
        {
            connected = Submission::connect(endpoint, &fresh).await;
        }
        Ok(match connected {
            Ok(submission) => {
                sending.submission = Some(submission);
                Reply::Done
            }
            Err(error) => sending.replied(Err(error)),
        })
    }
}

/// Whether Sent can be written as far as the rights tell.
fn announces(mailbox: &Mailbox) -> bool {
    mailbox.may(Capability::Send) && mailbox.folder(Role::Sent).is_some()
}

/// Whether the rights on a folder are all there; a server without ACL tells none.
fn grants(mailbox: &Mailbox, role: Role, letters: &str) -> bool {
    mailbox.rights.as_ref().is_none_or(|all| all.get(&role).is_some_and(|rights| rights.grant(letters)))
}

/// What becomes of an answer when Sent cannot be written. Only what is on no server yet is given up: what was announced has
/// a copy there, and what may have been sent is no draft.
fn unannounced(kept: &Kept, mailbox: &Mailbox) -> Result<Outcome> {
    match kept.progress.stage {
        Stage::Unsent if is_untouched(kept) => Ok(Outcome::NotSent(Why::NotAnnounced)),
        Stage::Transmitting | Stage::Unknown => Ok(Outcome::Unknown),
        _ => {
            let text = format!("the Sent folder of {} cannot be written now", mailbox.key());
            Err(Refusal::new(ErrorKind::Rights, text).into())
        }
    }
}

/// Why an answer was not sent, in words. `said`: what the submission server said.
pub fn refused(why: &Why, said: Option<Refusal>) -> Refusal {
    let kept = "the text is kept as a draft";
    match why {
        Why::Held(holder) => {
            Refusal::new(ErrorKind::Held, format!("not sent: {holder} holds the conversation; {kept}"))
                .holder(holder.clone())
        }
        Why::Contested(_) => {
            Refusal::new(ErrorKind::Contested, format!("not sent: the conversation is contested; {kept}"))
        }
        Why::NotAsExpected { holder, status } => {
            let whom = holder.as_ref().map_or("nobody", |h| h.as_str());
            let text = format!("not sent: it is {status}, held by {whom}, which is not as expected; {kept}");
            let refusal = Refusal::new(ErrorKind::Overtaken, text);
            match holder {
                Some(holder) => refusal.holder(holder.clone()),
                None => refusal,
            }
        }
        Why::Released => Refusal::new(ErrorKind::Overtaken, format!("not sent: your claim is gone; {kept}")),
        Why::NewerMail => {
            Refusal::new(ErrorKind::Overtaken, format!("not sent: a newer mail came in before it; {kept}"))
                .hint("read it, then answer")
        }
        Why::AnsweredElsewhere => Refusal::new(
            ErrorKind::Overtaken,
            format!("not sent: the mail was marked as answered by another mail program meanwhile; {kept}"),
        ),
        Why::Overtaken(_) => {
            Refusal::new(ErrorKind::Overtaken, format!("not sent: a teammate's answer came first; {kept}"))
        }
        Why::Unsettled(_) => Refusal::new(
            ErrorKind::UnknownOutcome,
            format!("not sent: an earlier answer was announced and its fate is unknown; {kept}"),
        )
        .hint("settle it first: “was sent” or “discard”"),
        Why::Discarded => {
            Refusal::new(ErrorKind::Overtaken, format!("not sent: its announcement was declared void; {kept}"))
        }
        Why::Refused { recipient, reply } => {
            let refusal = said.unwrap_or_else(|| Refusal::new(ErrorKind::Failed, reply.clone()));
            // Postfix says at RCPT TO who may not send; the recipient has no part in it.
            let is_recipients = recipient.is_some() && refusal.kind != ErrorKind::SenderRefused;
            let whom = if is_recipients { "one recipient was refused, nothing was sent" } else { "not sent" };
            Refusal { message: format!("{whom}: {}; {kept}", refusal.message), ..refusal }
        }
        Why::NotAnnounced => Refusal::new(
            ErrorKind::Rights,
            format!("not sent: the announcement could not be written into Sent; {kept}"),
        )
        .hint("it needs a Sent folder with the rights `rwi` that keeps keywords and is not full; the screen asks whether to answer all the same, a verb takes --unannounced"),
        Why::NotClaimed => Refusal::new(ErrorKind::Rights, format!("not sent: the mailbox kept no claim; {kept}")),
    }
}
