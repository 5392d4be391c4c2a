//! APPEND: a message into a folder (RFC 3501 §6.3.11), its UID told where the server can (RFC 4315).

use super::command::Command;
use super::condition::Code;
use super::error::Error;
use super::session::Session;
use super::store::flag_list;
use crate::model::{Uid, UidValidity};

/// A message that was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// `None` where the server does not tell: then it is looked for.
    pub uid: Option<(UidValidity, Uid)>,
}

impl Session {
    /// Puts a message into a folder, with these flags, dated by the server. A folder that is not there is
    /// [`Error::Refused`] with the code TRYCREATE; after [`Error::Lost`] or [`Error::Timeout`] nobody knows whether it was
    /// appended.
    pub async fn append(&mut self, folder: &str, flags: &[String], message: &[u8]) -> Result<Appended, Error> {
        let command = Command::new("APPEND").string(folder).words(&flag_list(flags)?).literal(message.to_vec());
        let done = self.run_ok(command, &mut Some).await?;
        Ok(Appended {
            uid: match done.code {
                Some(Code::AppendUid(validity, uid)) => Some((validity, uid)),
                _ => None,
            },
        })
    }
}
