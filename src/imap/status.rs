//! STATUS: a folder's figures without selecting it (RFC 3501 §6.3.10).

use super::command::Command;
use super::reply::Reply;
use super::{Error, Session};
use crate::model::{ModSeq, Uid, UidValidity};

/// A folder's figures, as far as the server gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderStatus {
    pub name: String,
    pub messages: Option<u32>,
    pub unseen: Option<u32>,
    pub uidnext: Option<Uid>,
    pub uidvalidity: Option<UidValidity>,
    pub highest_modseq: Option<ModSeq>,
}

impl Session {
    /// A folder's figures. Of the selected folder they may be stale: RFC 3501 wants NOOP there.
    pub async fn status(&mut self, folder: &str) -> Result<FolderStatus, Error> {
        let what = if self.has("CONDSTORE") {
            "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
        } else {
            "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY)"
        };
        let mut status = None;
        let command = Command::new("STATUS").string(folder).words(what);
        self.run_ok(command, &mut |reply| match reply {
            // The answer may spell INBOX otherwise; there is one answer only.
            Reply::Status(found) => {
                status = Some(found);
                None
            }
            other => Some(other),
        })
        .await?;
        status.ok_or(Error::Protocol { command: "STATUS", what: "it holds no figures" })
    }
}
