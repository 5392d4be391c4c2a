//! The octets of files that go along with drafts and with what is in the outbox: what was read is what is sent, whatever
//! becomes of the file, and a crash costs none of it.

use data_encoding::BASE32_NOPAD;
use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use super::columns::micros;
use super::desk::Desk;
use super::error::Result;

/// A file that no draft names is kept so long: it may belong to a text that is being written and was not kept yet.
const UNNAMED: SignedDuration = SignedDuration::from_hours(24);

impl Desk {
    /// Lays a file's octets on the desk: on the disk once this returns. Gives the name by which drafts name them, the same
    /// for the same octets.
    pub fn attach(&self, octets: &[u8]) -> Result<String> {
        let digest = BASE32_NOPAD.encode(&Sha256::digest(octets)).to_ascii_lowercase();
        self.ask(|desk| {
            desk.prepare_cached(
                "INSERT INTO attached (digest, octets, added_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (digest) DO UPDATE SET added_at = excluded.added_at",
            )?
            .execute((&digest, octets, micros(Timestamp::now())))?;
            Ok(())
        })?;
        Ok(digest)
    }

    /// The octets that were laid on the desk under this name; `None` where nothing is.
    pub fn attached(&self, digest: &str) -> Result<Option<Vec<u8>>> {
        self.ask(|desk| {
            let mut statement = desk.prepare_cached("SELECT octets FROM attached WHERE digest = ?1")?;
            Ok(statement.query_row([digest], |row| row.get(0)).optional()?)
        })
    }

    /// Throws away what no draft and nothing in the outbox names any more. Gives how many files these were.
    pub fn sweep_attached(&self, now: Timestamp) -> Result<usize> {
        let before = now.saturating_sub(UNNAMED).unwrap_or(Timestamp::MIN);
        self.ask(|desk| {
            Ok(desk
                .prepare_cached(
                    "DELETE FROM attached WHERE added_at < ?1
                     AND NOT EXISTS (SELECT 1 FROM draft WHERE instr(content, digest) > 0)
                     AND NOT EXISTS (SELECT 1 FROM outbox WHERE instr(outbox.draft, digest) > 0)",
                )?
                .execute([micros(before)])?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Writing;

    #[test]
    fn a_file_is_kept_as_long_as_a_draft_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::open(&folder.path().join("work.sqlite")).unwrap();
        let octets: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let (named, other) = (desk.attach(&octets).unwrap(), desk.attach(b"other").unwrap());
        assert_eq!(desk.attach(&octets).unwrap(), named);
        let content = format!("{{\"attached\":\"{named}\"}}");
        let (mailbox, root, hand, found) = ("support@example.test", "", "a", None);
        desk.draft_put(&Writing { mailbox, root, content: &content, hand, found }).unwrap();
        let now = Timestamp::now();
        assert_eq!(desk.sweep_attached(now).unwrap(), 0, "added a moment ago");
        assert_eq!(desk.sweep_attached(now + SignedDuration::from_hours(25)).unwrap(), 1);
        assert_eq!(desk.attached(&named).unwrap(), Some(octets));
        assert_eq!(desk.attached(&other).unwrap(), None);
        desk.draft_remove("a", None).unwrap();
        assert_eq!(desk.sweep_attached(now + SignedDuration::from_hours(25)).unwrap(), 1);
    }
}
