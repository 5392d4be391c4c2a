//! Filing, carried out: INBOX's part of a conversation moves to Trash, Junk or a folder, and comes back by undo as long as
//! nobody else touched it there (docs/protocol.md#filing).

use super::act::refused;
use super::drive::{CarryOut, Place, run};
use super::error::{Error, Result};
use super::link::Link;
use crate::imap::{Copied, UidSet, utf7};
use crate::mail::header;
use crate::model::{
    Action, Assignee, Destination, ErrorKind, Expectation, Filed, FiledMessage, Handle, Mailbox, Message, Refusal,
    Role, Status, Uid,
};
use crate::wire::act::{Act, Saw};
use crate::wire::keywords;
use crate::wire::state;
use crate::wire::step::{Ask, Changed, FlagChange, Stopped, Told};

impl Link {
    /// Moves what is in INBOX of a conversation, up to the newest message that its person saw.
    pub(super) async fn file(
        &mut self,
        place: Place<'_>,
        me: &Handle,
        to: &Destination,
        expect: &Expectation,
        upto: Option<Uid>,
    ) -> Result<Filed> {
        let folder = to.folder(place.mailbox).unwrap_or_default().to_owned();
        self.may_put_into(place.mailbox, &folder).await?;
        let before = self.reader.conversation(place.mailbox.key(), place.root)?;
        let saw = Saw { upto, ..Saw::default() };
        let start = Act::start(Action::File(to.clone()), me.clone(), saw, false, expect.clone());
        let mut hands = Filing::into(self, place, &folder);
        let changed = run(start, &mut hands).await?;
        let Filing { moved, refusal, before: was, .. } = hands;
        match (changed, refusal) {
            (Ok(_), _) => {}
            (Err(Stopped::Refused), Some(error)) => return Err(error),
            (Err(stopped), _) => return Err(refused(&stopped, place.mailbox)),
        }
        let (messages, copied) = moved.unwrap_or_default();
        let subject = before.map(|c| c.subject).unwrap_or_default();
        let is_junk = *to == Destination::Junk;
        let was_free = was.is_some_and(|(assignee, _)| assignee == Assignee::Free);
        Ok(Filed { was_free, is_junk, finished: None, ..as_filed(messages, &copied, folder, subject) })
    }

    /// Asks for the rights on a folder of the team's own, which is none of those that are known: a claim must not be left
    /// behind by what cannot be done.
    async fn may_put_into(&mut self, mailbox: &Mailbox, folder: &str) -> Result<()> {
        if mailbox.rights.is_none() || mailbox.folders.values().any(|known| known == folder) {
            return Ok(());
        }
        let granted = match self.session.my_rights(folder).await {
            Err(error) if error.is_fatal() => return Err(error.into()),
            // Not there, or not to be seen: the server says so more plainly when it is told to move something there.
            Err(_) | Ok(None) => return Ok(()),
            Ok(Some(granted)) => granted,
        };
        if granted.grant("i") {
            return Ok(());
        }
        let text = format!("the right i is missing on {} (you have {})", shown_name(mailbox, folder), granted.0);
        Err(Refusal::new(ErrorKind::Rights, text).into())
    }

    /// Finishes a conversation whose mail goes to Archive, and gives what went there; `None` where it stayed and done is the
    /// keyword alone.
    pub(super) async fn archive(&mut self, place: Place<'_>, start: (Act, Ask)) -> Result<(Changed, Option<Filed>)> {
        let folder = place.mailbox.folder(Role::Archive).unwrap_or_default().to_owned();
        let before = self.reader.conversation(place.mailbox.key(), place.root)?;
        let mut hands = Filing::into(self, place, &folder);
        let changed = run(start, &mut hands).await?;
        let Filing { moved, refusal, before: was, .. } = hands;
        if let Some(error) = refusal {
            tracing::info!(%error, "not moved to Archive: done is the keyword alone");
        }
        let subject = before.map(|c| c.subject).unwrap_or_default();
        let filed = moved.map(|(messages, copied)| {
            let (assignee, status) = was.unwrap_or((Assignee::Free, Status::Open));
            let was_free = assignee == Assignee::Free;
            Filed { was_free, finished: Some(status), ..as_filed(messages, &copied, folder, subject) }
        });
        Ok((changed, filed))
    }
}

/// What was moved, as it is found again.
fn as_filed(messages: Vec<Message>, copied: &Copied, folder: String, subject: String) -> Filed {
    let uid_there = |uid: Uid| {
        let (_, pairs) = copied.uids.as_ref()?;
        pairs.iter().find(|(here, _)| *here == uid).map(|(_, there)| *there)
    };
    let filed = |m: Message| FiledMessage { uid: uid_there(m.uid), message_id: m.message_id, flags: m.flags };
    Filed {
        uidvalidity: copied.uids.as_ref().map(|(validity, _)| *validity),
        messages: messages.into_iter().map(filed).collect(),
        was_free: false,
        is_junk: false,
        finished: None,
        subject,
        folder,
    }
}

impl Link {
    /// Brings back what was filed. All of it or nothing: it is looked for anew, and must be as it was left.
    pub(super) async fn bring_home(
        &mut self,
        place: Place<'_>,
        me: &Handle,
        filed: &Filed,
        expect: &Expectation,
    ) -> Result<()> {
        let mailbox = place.mailbox;
        if let Some(now) = self.reader.conversation(mailbox.key(), place.root)?.filter(|c| c.folder == Role::Inbox) {
            if filed.finished.is_some() {
                let text = "new mail came in, or somebody opened it again: what was finished stays in Archive";
                return Err(Refusal::new(ErrorKind::Overtaken, text).into());
            }
            match now.assignee {
                Assignee::Held(other) if other != *me => return Err(refused(&Stopped::Held(other), mailbox)),
                Assignee::Contested(handles) => return Err(refused(&Stopped::Contested(handles), mailbox)),
                _ => {}
            }
        }
        self.leave();
        let brought = self.fetch_home(mailbox, filed).await;
        self.leave();
        let synced = self.sync(mailbox, Role::Inbox).await;
        brought?;
        synced?;
        if let Some(status) = filed.finished {
            // It is gone from where it lay, too.
            self.sync(mailbox, Role::Archive).await?;
            return self.reopened_as(place, me, filed, status).await;
        }
        if filed.was_free {
            let action = Action::Return(Box::new(filed.clone()));
            let start = Act::start(action, me.clone(), Saw::default(), false, expect.clone());
            self.drive(place, start).await?.map_err(|stopped| refused(&stopped, mailbox))?;
        }
        Ok(())
    }

    /// What was finished is back and open; where it had been waiting it is so again, unless there is more of it than went: a
    /// mail that came in meanwhile has the lower UID, and would wait with the others.
    async fn reopened_as(&mut self, place: Place<'_>, me: &Handle, filed: &Filed, status: Status) -> Result<()> {
        if status != Status::Waiting {
            return Ok(());
        }
        let mut here = self.reader.thread(place.mailbox.key(), place.root)?;
        here.retain(|m| m.folder == Role::Inbox);
        let is_filed = |m: &Message| filed.messages.iter().any(|f| f.message_id == m.message_id);
        if here.len() != filed.messages.len() || !here.iter().all(is_filed) {
            return Ok(());
        }
        let saw = Saw { upto: here.iter().map(|m| m.uid).max(), ..Saw::default() };
        let expect = Expectation { assignee: None, status: Some(Status::Open) };
        let start = Act::start(Action::Waiting, me.clone(), saw, false, expect);
        self.drive(place, start).await?.map_err(|stopped| refused(&stopped, place.mailbox))?;
        Ok(())
    }

    async fn fetch_home(&mut self, mailbox: &Mailbox, filed: &Filed) -> Result<()> {
        let name = shown_name(mailbox, &filed.folder);
        let selected = self.session.select(&filed.folder).await?;
        self.session.take_unsolicited();
        let is_same = filed.uidvalidity == Some(selected.uidvalidity);
        let mut there: Vec<Message> = Vec::new();
        for message in &filed.messages {
            let known = message.uid.filter(|_| is_same);
            let uids = match (known, &message.message_id) {
                (Some(uid), _) => vec![uid],
                (None, Some(id)) => self.session.search_message_id(id).await?,
                (None, None) => Vec::new(),
            };
            let mut found = Vec::new();
            if !uids.is_empty() {
                let set = UidSet::of(uids);
                self.session
                    .fetch_headers(&set, None, |m| {
                        let role = Role::Trash;
                        found.push(header::message(role, m.uid, m.modseq, m.internal_date, m.size, m.flags, &m.header));
                    })
                    .await?;
            }
            // Servers compare parts of fields; several copies may lie there: the newest is the one that came last.
            let found = found.into_iter().filter(|m| m.message_id == message.message_id).max_by_key(|m| m.uid);
            let Some(found) = found else {
                let text = format!("it is no longer in {name}: somebody moved it on or deleted it");
                return Err(Refusal::new(ErrorKind::NotFound, text).into());
            };
            if !Filed::is_as_left(&message.flags, &found.flags) {
                let text = format!("somebody changed it in {name} since: it stays there");
                return Err(Refusal::new(ErrorKind::Overtaken, text).into());
            }
            there.push(found);
        }
        if there.is_empty() {
            return Err(Refusal::new(ErrorKind::NotFound, format!("nothing of it is in {name}")).into());
        }
        if filed.finished.is_some() {
            for message in &there {
                self.open_again(message, filed.was_free).await?;
            }
        }
        if filed.is_junk {
            for message in &there {
                self.clear_of_junk(message).await?;
            }
        }
        let uids = UidSet::of(there.iter().map(|m| m.uid));
        self.session.uid_move(&uids, &mailbox.root).await?;
        Ok(())
    }

    /// Takes off what finishing put on, while it is history: what comes back is open from the first moment on, and hides no
    /// mail that came in beside it.
    async fn open_again(&mut self, message: &Message, was_free: bool) -> Result<()> {
        let is_off = |k: &String| keywords::is_status(k) || (was_free && keywords::claimant(k).is_some());
        let off: Vec<String> = message.flags.keywords.iter().filter(|k| is_off(k)).cloned().collect();
        if off.is_empty() {
            return Ok(());
        }
        let stripped = self.session.store(message.uid, None, &FlagChange::Remove(off)).await?;
        if !stripped.accepted {
            let text = "the server does not take the status off in Archive: nothing was moved";
            return Err(Refusal::new(ErrorKind::Rights, text).into());
        }
        Ok(())
    }

    /// Filters that learnt from the mark learn that it was none. What they are not told keeps nobody's mail in Junk.
    async fn clear_of_junk(&mut self, message: &Message) -> Result<()> {
        let changes =
            [FlagChange::Remove(vec![keywords::JUNK.to_owned()]), FlagChange::Add(vec![keywords::NOT_JUNK.to_owned()])];
        for change in changes {
            match self.session.store(message.uid, None, &change).await {
                Err(error) if error.is_fatal() => return Err(error.into()),
                Err(error) => tracing::info!(%error, "a mark of junk stays"),
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

/// A folder's name for people: without what all folders of the mailbox begin with.
pub fn shown_name(mailbox: &Mailbox, folder: &str) -> String {
    let base = mailbox.root.strip_suffix("INBOX").unwrap_or(&mailbox.root);
    let rest = folder.strip_prefix(base).unwrap_or(folder);
    let rest = rest.trim_start_matches(['/', '.', '\\']);
    utf7::decode(if rest.is_empty() { folder } else { rest })
}

/// A conversation in INBOX that is moved into a folder; what was moved is kept, to be found again.
struct Filing<'a> {
    link: &'a mut Link,
    place: Place<'a>,
    folder: &'a str,
    moved: Option<(Vec<Message>, Copied)>,
    refusal: Option<Error>,
    /// Holder and status as the first look showed them.
    before: Option<(Assignee, Status)>,
}

impl<'a> Filing<'a> {
    fn into(link: &'a mut Link, place: Place<'a>, folder: &'a str) -> Self {
        Self { link, place, folder, moved: None, refusal: None, before: None }
    }
}

impl CarryOut for &mut Filing<'_> {
    type Ask = Ask;
    type Told = Told;

    async fn carry_out(&mut self, ask: Ask) -> Result<Told> {
        let Ask::Move { uids } = ask else {
            let told = self.link.carry_out(self.place, ask).await?;
            if let Told::Seen(sights) = &told {
                self.before.get_or_insert_with(|| (state::assignee(sights), state::status(sights)));
            }
            return Ok(told);
        };
        let mailbox = self.place.mailbox;
        let mut messages = self.link.reader.thread(mailbox.key(), self.place.root)?;
        messages.retain(|m| m.folder == Role::Inbox && uids.contains(&m.uid));
        self.link.enter(mailbox, Role::Inbox).await?;
        self.link.mark_stale();
        match self.link.session.uid_move(&UidSet::of(uids), self.folder).await {
            Ok(copied) => {
                self.moved = Some((messages, copied));
                Ok(Told::Moved { accepted: true })
            }
            Err(error) if error.is_fatal() => Err(error.into()),
            Err(error) => {
                self.refusal = Some(error.into());
                Ok(Told::Moved { accepted: false })
            }
        }
    }
}
