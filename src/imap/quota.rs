//! GETQUOTAROOT: how full a mailbox is (RFC 9208), where the server tells.

use super::command::Command;
use super::condition::Status;
use super::error::Error;
use super::reply::Reply;
use super::session::Session;

/// Storage, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub used: u64,
    pub limit: u64,
}

impl Session {
    /// The fullest of the storage quotas that count for a folder; `None` where the server has none or does not tell (Dovecot
    /// does not, of others' mailboxes).
    pub async fn quota(&mut self, folder: &str) -> Result<Option<Quota>, Error> {
        if !self.has("QUOTA") {
            return Ok(None);
        }
        let mut told: Vec<Quota> = Vec::new();
        let done = self
            .run(Command::new("GETQUOTAROOT").string(folder), &mut |reply| match reply {
                Reply::Quota(quota) => {
                    told.push(quota);
                    None
                }
                other => Some(other),
            })
            .await?;
        let fullness = |q: &Quota| u128::from(q.used) * 1_000_000 / u128::from(q.limit.max(1));
        Ok(told.into_iter().max_by_key(fullness).filter(|_| done.status == Status::Ok))
    }
}
