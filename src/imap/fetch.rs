//! UID FETCH: headers as they stream in, flags since a mod-sequence, raw bytes, structure
//! (RFC 3501 §6.4.5, RFC 7162 §3.1.4).

use std::collections::HashMap;

use jiff::Timestamp;

use super::UidSet;
use super::command::Command;
use super::error::Error;
use super::reply::{Body, Fetched, Reply};
use super::session::Session;
use super::structure::{self, Part};
use crate::model::{Flags, ModSeq, Uid};

/// The header fields that every client of a team asks for, in this order: a server reads every mail anew, once, for a
/// field that nobody asked for before, and keeps what one fixed list needs.
pub const HEADER_FIELDS: &str = "DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES REPLY-TO SENDER \
     CONTENT-TYPE AUTO-SUBMITTED LIST-ID DELIVERED-TO X-ORIGINAL-TO X-ORIGINAL-FROM X-ORIGINAL-SENDER PRECEDENCE \
     X-FAILED-RECIPIENTS";

/// No command line is longer than some servers like (RFC 2683 §3.2.1.5 says 8000).
const LINE: usize = 6000;

/// One message as [`Session::fetch_headers`] brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedHeader {
    pub uid: Uid,
    pub flags: Flags,
    /// `None` where the folder keeps no mod-sequences.
    pub modseq: Option<ModSeq>,
    pub internal_date: Timestamp,
    pub size: u32,
    /// The fields of [`HEADER_FIELDS`] as they stand in the mail, empty where it has none.
    pub header: Vec<u8>,
}

/// What [`Session::fetch_flags`] brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchedFlags {
    pub flags: Vec<(Uid, Option<ModSeq>, Flags)>,
    /// UIDs that are gone, where the server tells ([`Session::tells_vanished`]); some may never have been.
    pub vanished: UidSet,
}

impl Session {
    /// Brings headers of the messages of a set that there are, each as soon as it is read; memory does not grow with the
    /// set. With `changed_since`, only what changed after that.
    pub async fn fetch_headers(
        &mut self,
        set: &UidSet,
        changed_since: Option<ModSeq>,
        mut each: impl FnMut(FetchedHeader) + Send,
    ) -> Result<(), Error> {
        let modseq = if self.keeps_modseqs() { " MODSEQ" } else { "" };
        let items = format!("(UID FLAGS{modseq} INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({HEADER_FIELDS})])");
        for piece in set.pieces(LINE) {
            let command = self.fetch(&piece, &items, changed_since, false);
            // A server may tell of one message in several answers, its flags in one of their own.
            let mut loose: HashMap<Uid, (Flags, Option<ModSeq>)> = HashMap::new();
            self.run_ok(command, &mut |reply| match reply {
                Reply::Fetch(fetched) => match header(*fetched, &piece, &mut loose) {
                    Ok(header) => {
                        each(header);
                        None
                    }
                    Err(other) => Some(Reply::Fetch(other)),
                },
                other => Some(other),
            })
            .await?;
        }
        Ok(())
    }

    /// The flags of the messages of a set that there are, ascending. With `changed_since`, only of those that changed
    /// after that; then the UIDs that vanished since come along where the server tells.
    pub async fn fetch_flags(&mut self, set: &UidSet, changed_since: Option<ModSeq>) -> Result<FetchedFlags, Error> {
        let mut found = FetchedFlags::default();
        let items = if self.keeps_modseqs() { "(UID FLAGS MODSEQ)" } else { "(UID FLAGS)" };
        for piece in set.pieces(LINE) {
            let command = self.fetch(&piece, items, changed_since, self.tells_vanished());
            self.run_ok(command, &mut |reply| match reply {
                Reply::Fetch(fetched) => match (fetched.uid, &fetched.flags) {
                    (Some(uid), Some(flags)) if piece.contains(uid) => {
                        found.flags.push((uid, fetched.modseq, flags.clone()));
                        None
                    }
                    _ => Some(Reply::Fetch(fetched)),
                },
                Reply::Vanished { is_earlier: true, uids } => {
                    found.vanished.extend(&uids);
                    None
                }
                other => Some(other),
            })
            .await?;
        }
        // Told twice, the later word counts; a change between two pieces is a case of it.
        found.flags.reverse();
        found.flags.sort_by_key(|(uid, ..)| *uid);
        found.flags.dedup_by_key(|(uid, ..)| *uid);
        Ok(found)
    }

    /// A message's bytes: all of them, or so many from an offset on; `\Seen` stays as it is. `None`: there is no such
    /// message.
    pub async fn fetch_raw(&mut self, uid: Uid, range: Option<(u32, u32)>) -> Result<Option<Vec<u8>>, Error> {
        self.fetch_section(uid, "", range).await
    }

    /// The same of one part by its number, as it is encoded in the mail.
    pub async fn fetch_section(
        &mut self,
        uid: Uid,
        section: &str,
        range: Option<(u32, u32)>,
    ) -> Result<Option<Vec<u8>>, Error> {
        // Nothing but a part's number becomes part of the command.
        if !section.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return Err(Error::Unsupported { what: "parts that have no number" });
        }
        let items = match range {
            Some((offset, octets)) => format!("(UID BODY.PEEK[{section}]<{offset}.{}>)", octets.max(1)),
            None => format!("(UID BODY.PEEK[{section}])"),
        };
        let mut body = Body::NotThere;
        self.fetch_one(uid, &items, &mut |fetched| match fetched.body {
            Body::NotThere => false,
            _ => {
                body = std::mem::take(&mut fetched.body);
                true
            }
        })
        .await?;
        match body {
            Body::NotThere => Ok(None),
            Body::Bytes(bytes) => Ok(Some(bytes)),
            // An offset behind the end is an empty string, never NIL: this was too large.
            Body::Nil => Err(Error::TooLarge { command: "UID FETCH", limit: self.literal_limit() }),
        }
    }

    /// The parts of a message, containers left out. `None`: there is no such message. The first time it makes a server
    /// read the whole mail.
    pub async fn fetch_structure(&mut self, uid: Uid) -> Result<Option<Vec<Part>>, Error> {
        let mut parts = None;
        self.fetch_one(uid, "(UID BODYSTRUCTURE)", &mut |fetched| match &fetched.structure {
            Some(node) => {
                parts = Some(structure::parts(node));
                true
            }
            None => false,
        })
        .await?;
        Ok(parts)
    }

    /// Fetches of one message; `take` says of each answer that is this message's whether it was what was asked for.
    async fn fetch_one(
        &mut self,
        uid: Uid,
        items: &str,
        take: &mut (dyn FnMut(&mut Fetched) -> bool + Send),
    ) -> Result<(), Error> {
        let command = self.fetch(&UidSet::one(uid), items, None, false);
        self.run_ok(command, &mut |reply| match reply {
            // A server that leaves the UID out was asked for one message only.
            Reply::Fetch(mut fetched) if fetched.uid.is_none_or(|u| u == uid) => {
                (!take(&mut fetched)).then_some(Reply::Fetch(fetched))
            }
            other => Some(other),
        })
        .await?;
        Ok(())
    }

    fn fetch(&self, set: &UidSet, items: &str, changed_since: Option<ModSeq>, with_vanished: bool) -> Command {
        let command = Command::new("UID FETCH").words(&set.to_string()).words(items);
        match changed_since {
            Some(modseq) if with_vanished => command.words(&format!("(CHANGEDSINCE {modseq} VANISHED)")),
            Some(modseq) => command.words(&format!("(CHANGEDSINCE {modseq})")),
            None => command,
        }
    }

    /// Whether MODSEQ may be asked for: some servers say BAD in a folder that keeps none.
    fn keeps_modseqs(&self) -> bool {
        self.selected().is_some_and(|s| s.highest_modseq.is_some())
    }
}

/// The message that an answer is about, if it has a header: a change of flags that a teammate made meanwhile has none.
fn header(
    fetched: Fetched,
    set: &UidSet,
    loose: &mut HashMap<Uid, (Flags, Option<ModSeq>)>,
) -> Result<FetchedHeader, Box<Fetched>> {
    let Some(uid) = fetched.uid.filter(|uid| set.contains(*uid)) else { return Err(Box::new(fetched)) };
    let header = match fetched.body {
        Body::NotThere => {
            if let Some(flags) = &fetched.flags {
                loose.insert(uid, (flags.clone(), fetched.modseq));
            }
            return Err(Box::new(fetched));
        }
        Body::Nil => Vec::new(),
        Body::Bytes(bytes) => bytes,
    };
    let (flags, modseq) = match (fetched.flags, loose.remove(&uid)) {
        (Some(flags), _) => (flags, fetched.modseq),
        (None, Some((flags, modseq))) => (flags, fetched.modseq.or(modseq)),
        (None, None) => (Flags::default(), fetched.modseq),
    };
    Ok(FetchedHeader {
        uid,
        flags,
        modseq,
        internal_date: fetched.internal_date.unwrap_or(Timestamp::UNIX_EPOCH),
        size: fetched.size.unwrap_or(0),
        header,
    })
}
