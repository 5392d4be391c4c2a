//! MOVE, COPY and EXPUNGE by UID (RFC 6851, RFC 3501 §6.4.7, RFC 4315).

use super::UidSet;
use super::command::Command;
use super::condition::{Code, Condition};
use super::error::Error;
use super::reply::Reply;
use super::session::Session;
use crate::model::{Uid, UidValidity};

/// Where messages went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// The other folder's UIDVALIDITY, and for each message its UID here and there; `None` where the server does not tell.
    pub uids: Option<(UidValidity, Vec<(Uid, Uid)>)>,
}

/// More pairs than this no command of ours makes.
const MOST_PAIRS: usize = 100_000;

impl Session {
    /// Moves messages into another folder: by MOVE, else by COPY, `\Deleted` and UID EXPUNGE, which needs UIDPLUS so that
    /// nobody else's deleted messages go with them. Moving is not exclusive: two who move one message at once leave two.
    pub async fn uid_move(&mut self, set: &UidSet, folder: &str) -> Result<Copied, Error> {
        if self.has("MOVE") {
            return self.transfer("UID MOVE", set, folder).await;
        }
        if !self.has("UIDPLUS") {
            return Err(Error::Unsupported { what: "moving single messages" });
        }
        let copied = self.transfer("UID COPY", set, folder).await?;
        let delete = Command::new("UID STORE").words(&set.to_string()).words("+FLAGS.SILENT (\\Deleted)");
        self.run_ok(delete, &mut Some).await?;
        self.uid_expunge(set).await?;
        Ok(copied)
    }

    /// Copies messages into another folder.
    pub async fn uid_copy(&mut self, set: &UidSet, folder: &str) -> Result<Copied, Error> {
        self.transfer("UID COPY", set, folder).await
    }

    /// Removes those messages of a set that are marked `\Deleted`, and no others.
    pub async fn uid_expunge(&mut self, set: &UidSet) -> Result<(), Error> {
        if !self.has("UIDPLUS") {
            return Err(Error::Unsupported { what: "removing single messages" });
        }
        self.run_ok(Command::new("UID EXPUNGE").words(&set.to_string()), &mut Some).await?;
        Ok(())
    }

    async fn transfer(&mut self, verb: &'static str, set: &UidSet, folder: &str) -> Result<Copied, Error> {
        let mut told = None;
        let command = Command::new(verb).words(&set.to_string()).string(folder);
        let done = self
            .run_ok(command, &mut |reply| match reply {
                // MOVE tells in an untagged OK, before the messages are gone (RFC 6851 §4.3).
                Reply::Condition(Condition { code: Some(code @ Code::CopyUid(..)), .. }) => {
                    told = Some(code);
                    None
                }
                other => Some(other),
            })
            .await?;
        Ok(Copied { uids: done.code.filter(|c| matches!(c, Code::CopyUid(..))).or(told).and_then(pairs) })
    }
}

fn pairs(code: Code) -> Option<(UidValidity, Vec<(Uid, Uid)>)> {
    let Code::CopyUid(validity, from, to) = code else { return None };
    (from.span() == to.span()).then(|| (validity, from.iter().zip(to.iter()).take(MOST_PAIRS).collect()))
}
