//! CREATE (RFC 3501 §6.3.3).

use super::command::Command;
use super::condition::{Code, Status};
use super::error::Error;
use super::session::{Session, refused};

impl Session {
    /// Makes a folder; one that is there already is as good. Subscribing is left to the server's other clients: nothing
    /// here looks at subscriptions, but people expect to see what is new, so it is tried.
    pub async fn create(&mut self, folder: &str) -> Result<(), Error> {
        let done = self.run(Command::new("CREATE").string(folder), &mut Some).await?;
        if done.status != Status::Ok && done.code != Some(Code::AlreadyExists) {
            return Err(refused("CREATE", done));
        }
        let subscribed = self.run(Command::new("SUBSCRIBE").string(folder), &mut Some).await?;
        if subscribed.status != Status::Ok {
            tracing::debug!("the new folder is not subscribed");
        }
        Ok(())
    }
}
