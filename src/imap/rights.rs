//! MYRIGHTS: what this login may do with a folder (RFC 4314).

use super::command::Command;
use super::condition::Status;
use super::error::Error;
use super::reply::Reply;
use super::session::{Session, refused};
use crate::model::Rights;

impl Session {
    /// This login's rights on a folder; `None` where the server has no ACL. A folder that is not there, or not to be
    /// seen, is [`Error::Refused`].
    pub async fn my_rights(&mut self, folder: &str) -> Result<Option<Rights>, Error> {
        if !self.has("ACL") {
            return Ok(None);
        }
        let mut rights = None;
        self.run_ok(Command::new("MYRIGHTS").string(folder), &mut |reply| match reply {
            Reply::MyRights(told) => {
                rights = Some(told);
                None
            }
            other => Some(other),
        })
        .await?;
        rights.map(Some).ok_or(Error::Protocol { command: "MYRIGHTS", what: "it holds no rights" })
    }

    /// The same for several folders in one round trip. What of them is refused is an error of its own place.
    pub async fn my_rights_on(&mut self, folders: &[&str]) -> Result<Vec<Result<Option<Rights>, Error>>, Error> {
        let mut rights: Vec<Option<Rights>> = vec![None; folders.len()];
        let commands: Vec<Command> = folders.iter().map(|f| Command::new("MYRIGHTS").string(f)).collect();
        let has_acl = self.has("ACL") && !folders.is_empty();
        let done = if has_acl {
            self.run_all(&commands, &mut |at, reply| match (reply, rights.get_mut(at)) {
                (Reply::MyRights(told), Some(place)) => {
                    *place = Some(told);
                    None
                }
                (other, _) => Some(other),
            })
            .await?
        } else {
            None
        };
        if let Some(done) = done {
            let missing = Error::Protocol { command: "MYRIGHTS", what: "it holds no rights" };
            let each = rights.into_iter().zip(done).map(|(rights, done)| match (done.status, rights) {
                (Status::Ok, Some(rights)) => Ok(Some(rights)),
                (Status::Ok, None) => Err(missing.clone()),
                _ => Err(refused("MYRIGHTS", done)),
            });
            return Ok(each.collect());
        }
        let mut one_by_one = Vec::with_capacity(folders.len());
        for folder in folders {
            match self.my_rights(folder).await {
                Err(error) if error.is_fatal() => return Err(error),
                told => one_by_one.push(told),
            }
        }
        Ok(one_by_one)
    }
}
