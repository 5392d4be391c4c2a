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
    Role, Uid,
};
use crate::wire::act::{Act, Saw};
use crate::wire::keywords;
use crate::wire::step::{Ask, FlagChange, Stopped, Told};

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
        let saw = Saw { assignee: None, upto };
        let start = Act::start(Action::File(to.clone()), me.clone(), saw, false, expect.clone());
        let mut hands = Filing { link: self, place, folder: &folder, moved: None, refusal: None, was_free: None };
        let changed = run(start, &mut hands).await?;
        let Filing { moved, refusal, was_free, .. } = hands;
        match (changed, refusal) {
            (Ok(_), _) => {}
            (Err(Stopped::Refused), Some(error)) => return Err(error),
            (Err(stopped), _) => return Err(refused(&stopped, place.mailbox)),
        }
        let (messages, copied) = moved.unwrap_or_default();
        let uid_there = |uid: Uid| {
            let (_, pairs) = copied.uids.as_ref()?;
            pairs.iter().find(|(here, _)| *here == uid).map(|(_, there)| *there)
        };
        let filed = |m: Message| FiledMessage { uid: uid_there(m.uid), message_id: m.message_id, flags: m.flags };
        Ok(Filed {
            uidvalidity: copied.uids.as_ref().map(|(validity, _)| *validity),
            messages: messages.into_iter().map(filed).collect(),
            was_free: was_free.unwrap_or(false),
            is_junk: *to == Destination::Junk,
            subject: before.map(|c| c.subject).unwrap_or_default(),
            folder,
        })
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
        if filed.was_free {
            let action = Action::Return(Box::new(filed.clone()));
            let start = Act::start(action, me.clone(), Saw::default(), false, expect.clone());
            self.drive(place, start).await?.map_err(|stopped| refused(&stopped, mailbox))?;
        }
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
        if filed.is_junk {
            for message in &there {
                self.clear_of_junk(message).await?;
            }
        }
        let uids = UidSet::of(there.iter().map(|m| m.uid));
        self.session.uid_move(&uids, &mailbox.root).await?;
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
    /// As the first look showed it.
    was_free: Option<bool>,
}

impl CarryOut for &mut Filing<'_> {
    type Ask = Ask;
    type Told = Told;

    async fn carry_out(&mut self, ask: Ask) -> Result<Told> {
        let Ask::Move { uids } = ask else {
            let told = self.link.carry_out(self.place, ask).await?;
            if let Told::Seen(sights) = &told {
                self.was_free.get_or_insert_with(|| crate::wire::state::assignee(sights) == Assignee::Free);
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
