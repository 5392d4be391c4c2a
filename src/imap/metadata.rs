//! GETMETADATA: what a server keeps about a folder beside its mail (RFC 5464). Read only: an entry that anybody may write is
//! no place for a team's truth.

use super::command::Command;
use super::condition::Status;
use super::error::Error;
use super::reply::Reply;
use super::session::Session;

impl Session {
    /// One entry about a folder; `None` where there is none, or the server does not tell. `entry` is a name of the
    /// program's own.
    pub async fn metadata(&mut self, folder: &str, entry: &'static str) -> Result<Option<String>, Error> {
        if !self.has("METADATA") {
            return Ok(None);
        }
        let mut told = None;
        let done = self
            .run(Command::new("GETMETADATA").string(folder).words(entry), &mut |reply| match reply {
                Reply::Metadata(entries) => {
                    told = entries.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(entry)).and_then(|(_, v)| v);
                    None
                }
                other => Some(other),
            })
            .await?;
        Ok(told.filter(|_| done.status == Status::Ok))
    }
}
