//! SELECT, EXAMINE and leaving a folder (RFC 3501 §6.3.1, RFC 7162 §3.1.8, RFC 3691).

use super::UidSet;
use super::command::Command;
use super::condition::{Code, Condition};
use super::error::Error;
use super::reply::Reply;
use super::session::Session;
use crate::model::{ModSeq, Uid, UidValidity};

/// A folder as it was when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    pub name: String,
    pub uidvalidity: UidValidity,
    /// No message has this UID or a higher one yet.
    pub uidnext: Uid,
    pub exists: u32,
    /// `None` where the folder keeps no mod-sequences.
    pub highest_modseq: Option<ModSeq>,
    /// The flags and keywords that this login can change for good; `\*`: new keywords too.
    pub permanent_flags: Vec<String>,
    /// The flags and keywords that are known in the folder.
    pub flags: Vec<String>,
    pub is_read_only: bool,
}

impl Selected {
    /// Whether this login may make keywords stick that the folder has not seen yet.
    pub fn takes_new_keywords(&self) -> bool {
        !self.is_read_only && self.keeps("\\*")
    }

    /// Whether this login may make this flag or keyword stick, going by its name alone.
    pub fn keeps(&self, flag: &str) -> bool {
        self.permanent_flags.iter().any(|f| f.eq_ignore_ascii_case(flag))
    }
}

impl Session {
    /// Opens a folder for changes. [`Selected::is_read_only`] says whether the server means it.
    pub async fn select(&mut self, folder: &str) -> Result<Selected, Error> {
        self.open("SELECT", folder).await
    }

    /// Opens a folder for looking only.
    pub async fn examine(&mut self, folder: &str) -> Result<Selected, Error> {
        self.open("EXAMINE", folder).await
    }

    async fn open(&mut self, verb: &'static str, folder: &str) -> Result<Selected, Error> {
        let mut command = Command::new(verb).string(folder);
        if self.has("CONDSTORE") || self.has("QRESYNC") {
            command = command.words("(CONDSTORE)");
        }
        self.selected = None;
        self.forget_folder_news();
        let mut seen = Seen::default();
        let done = self.run_ok(command, &mut |reply| seen.take(reply)).await?;
        if done.code == Some(Code::ReadOnly) {
            seen.is_read_only = true;
        }
        let Some(uidvalidity) = seen.uidvalidity else {
            return Err(Error::Protocol { command: verb, what: "the folder keeps no UIDs" });
        };
        let uidnext = match seen.uidnext {
            Some(uid) => uid,
            None => self.next_uid(seen.exists).await?,
        };
        let selected = Selected {
            name: folder.to_owned(),
            uidvalidity,
            uidnext,
            exists: seen.exists,
            highest_modseq: seen.highest_modseq,
            // Without the code, all flags are for good (RFC 3501 §7.1).
            permanent_flags: seen.permanent_flags.unwrap_or_else(|| seen.flags.clone()),
            flags: seen.flags,
            is_read_only: seen.is_read_only || verb == "EXAMINE",
        };
        self.selected = Some(selected.clone());
        Ok(selected)
    }

    /// One above the highest UID, where the server does not say UIDNEXT.
    async fn next_uid(&mut self, exists: u32) -> Result<Uid, Error> {
        if exists == 0 {
            return Ok(Uid(1));
        }
        let mut highest = 0;
        self.run_ok(Command::new("UID FETCH").words("* (UID)"), &mut |reply| {
            if let Reply::Fetch(fetched) = &reply {
                highest = highest.max(fetched.uid.map_or(0, |uid| uid.0));
            }
            Some(reply)
        })
        .await?;
        Ok(Uid(highest.saturating_add(1)))
    }

    /// Leaves the folder without expunging anything: UNSELECT where there is one, else EXAMINE again and CLOSE, which
    /// expunges nothing in a folder opened for looking.
    pub async fn unselect(&mut self) -> Result<(), Error> {
        let Some(selected) = self.selected.take() else { return Ok(()) };
        if self.has("UNSELECT") {
            self.run_ok(Command::new("UNSELECT"), &mut Some).await?;
            self.forget_folder_news();
            return Ok(());
        }
        if !selected.is_read_only {
            self.run_ok(Command::new("EXAMINE").string(&selected.name), &mut Some).await?;
        }
        self.run_ok(Command::new("CLOSE"), &mut Some).await?;
        self.forget_folder_news();
        Ok(())
    }
}

#[derive(Default)]
struct Seen {
    uidvalidity: Option<UidValidity>,
    uidnext: Option<Uid>,
    exists: u32,
    highest_modseq: Option<ModSeq>,
    permanent_flags: Option<Vec<String>>,
    flags: Vec<String>,
    is_read_only: bool,
}

impl Seen {
    fn take(&mut self, reply: Reply) -> Option<Reply> {
        match reply {
            Reply::Exists(n) => self.exists = n,
            Reply::Flags(flags) => self.flags = flags,
            // What vanished before this folder was opened is nobody's news.
            Reply::Vanished { .. } | Reply::Expunge => {}
            Reply::Condition(Condition { code: Some(code), status, text }) => match code {
                Code::UidValidity(n) => self.uidvalidity = Some(n),
                Code::UidNext(uid) => self.uidnext = Some(uid),
                Code::HighestModSeq(n) => self.highest_modseq = Some(n).filter(|n| n.0 > 0),
                Code::NoModSeq => self.highest_modseq = None,
                Code::PermanentFlags(flags) => self.permanent_flags = Some(flags),
                Code::ReadOnly => self.is_read_only = true,
                code => return Some(Reply::Condition(Condition { code: Some(code), status, text })),
            },
            other => return Some(other),
        }
        None
    }
}

/// What a folder's UIDs below UIDNEXT are.
impl Selected {
    /// All UIDs that a message can have by now.
    pub fn uids(&self) -> UidSet {
        UidSet::range(Uid(1), Uid(self.uidnext.0.saturating_sub(1)))
    }
}
