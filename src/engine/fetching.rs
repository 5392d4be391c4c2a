//! A mail or one of its parts into a file: out of the cache where it is there, else from the server in windows over a
//! connection of its own, so that a large one keeps nobody waiting and never lies in memory whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cache::Cache;
use super::error::Result;
use super::link::Link;
use super::login::Login;
use super::message::{Event, Fetch, Piece, Ticket};
use super::watcher::Tell;
use crate::mail::decode::Decoder;
use crate::mail::mime::TransferEncoding;
use crate::mail::parse;
use crate::mail::structure::{file_name, numbered};
use crate::model::{ErrorKind, Mailbox, Refusal};

/// So much is asked for at once, in octets.
const WINDOW: u32 = 512 * 1024;

/// So many files of one name lie in a folder at most.
const MOST_NAMESAKES: u32 = 999;

/// Fetches and tells how it ended. `is_online`: a server may be asked for what is not in the cache.
pub async fn fetch(
    login: Arc<Login>,
    cache: Cache,
    mailbox: Mailbox,
    (ticket, fetch): (Ticket, Fetch),
    tell: Tell,
    is_online: bool,
) {
    let outcome = into_file(&login, &cache, &mailbox, ticket, &fetch, &tell, is_online).await;
    tell(Event::Fetched { ticket, outcome: outcome.map_err(super::error::Error::into_refusal) });
}

async fn into_file(
    login: &Arc<Login>,
    cache: &Cache,
    mailbox: &Mailbox,
    ticket: Ticket,
    wanted: &Fetch,
    tell: &Tell,
    is_online: bool,
) -> Result<PathBuf> {
    let (key, role, uid) = (mailbox.key(), wanted.role, wanted.uid);
    let kept = cache.reader()?.body(key, role, uid)?.filter(|body| body.is_whole);
    let octets = kept.and_then(|body| match &wanted.piece {
        Piece::Whole => Some(body.raw),
        Piece::Part(number) => parse::part_octets(&body.raw, number),
    });
    if let Some(octets) = octets {
        let mut target = Target::create(wanted)?;
        target.write(&octets)?;
        return target.keep();
    }
    if !is_online {
        let text = "it is not in the cache: it can be had when there is a connection";
        return Err(Refusal::new(ErrorKind::Unreachable, text).into());
    }
    let mut link = Link::open(login, cache).await?;
    let outcome = from_server(&mut link, mailbox, ticket, wanted, tell).await;
    link.session.logout().await;
    outcome
}

async fn from_server(
    link: &mut Link,
    mailbox: &Mailbox,
    ticket: Ticket,
    wanted: &Fetch,
    tell: &Tell,
) -> Result<PathBuf> {
    let gone = || Refusal::new(ErrorKind::NotFound, "the mail is no longer there: it was moved or deleted");
    let state = link.reader.folder(mailbox.key(), wanted.role)?;
    let message = link.reader.message(mailbox.key(), wanted.role, wanted.uid)?.ok_or_else(gone)?;
    link.enter(mailbox, wanted.role).await?;
    if state.is_none_or(|s| link.selected().is_none_or(|now| now.uidvalidity != s.uidvalidity)) {
        return Err(gone().into());
    }
    let (section, encoding, of) = match &wanted.piece {
        Piece::Whole => ("", TransferEncoding::Identity, u64::from(message.size)),
        Piece::Part(number) => {
            let parts = link.session.fetch_structure(wanted.uid).await?.ok_or_else(gone)?;
            let part = parts.into_iter().find(|p| p.part == *number);
            let part = part.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "the mail has no such part"))?;
            (number.as_str(), TransferEncoding::parse(&part.encoding), part.size)
        }
    };
    // A server that goes on for ever fills no disk: some count line ends otherwise, none by half.
    let most = of.saturating_mul(3) / 2 + u64::from(WINDOW);
    let mut target = Target::create(wanted)?;
    let mut decoder = Decoder::new(encoding);
    let mut offset = 0_u32;
    loop {
        let piece = link.session.fetch_section(wanted.uid, section, Some((offset, WINDOW))).await?.ok_or_else(gone)?;
        let octets = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        target.write(&decoder.feed(&piece))?;
        offset = offset.saturating_add(octets);
        if octets < WINDOW || u64::from(offset) > most || offset == u32::MAX {
            break;
        }
        tell(Event::Fetching { ticket, octets: u64::from(offset), of: of.max(u64::from(offset)) });
    }
    if u64::from(offset) > most || (offset == 0 && of > 0) {
        let text = format!("the server tells of {of} octets and gives {offset}: nothing was kept");
        return Err(Refusal::new(ErrorKind::Failed, text).into());
    }
    target.write(&decoder.finish())?;
    target.keep()
}

/// A file that did not exist before; unless it is kept, it is gone again.
struct Target {
    file: File,
    path: PathBuf,
    is_kept: bool,
}

impl Target {
    /// Makes the file, under its name or the next free one: `name (1).ext`.
    fn create(wanted: &Fetch) -> Result<Self> {
        let failed = |error: &io::Error| {
            let text = format!("nothing can be written into {}: {error}", wanted.folder.display());
            Refusal::new(ErrorKind::Failed, text)
        };
        create_new(&wanted.folder, &wanted.name, wanted.is_private)
            .map(|(file, path)| Self { file, path, is_kept: false })
            .map_err(|error| failed(&error).into())
    }

    fn write(&mut self, octets: &[u8]) -> Result<()> {
        self.file.write_all(octets).map_err(|error| self.failed(&error).into())
    }

    fn keep(mut self) -> Result<PathBuf> {
        self.file.sync_all().map_err(|error| self.failed(&error))?;
        self.is_kept = true;
        Ok(self.path.clone())
    }

    fn failed(&self, error: &io::Error) -> Refusal {
        Refusal::new(ErrorKind::Failed, format!("{} cannot be written: {error}", self.path.display()))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "half a file stays behind");
        }
    }
}

/// Creates a file in a folder, never over one that is there, whatever its sender called it.
///
/// # Errors
/// What the file system says.
pub fn create_new(folder: &Path, name: &str, is_private: bool) -> io::Result<(File, PathBuf)> {
    let name = file_name(Some(name), "application/octet-stream");
    let mut options = OpenOptions::new();
    // With O_EXCL a link that somebody laid there is not followed either.
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    for number in 0..=MOST_NAMESAKES {
        let path = folder.join(numbered(&name, number));
        match options.open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("there are too many files named {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_file_that_is_there_is_never_touched() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.pdf"), "mine").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/nonexistent/elsewhere", place.path().join("a (1).pdf")).unwrap();
        let (mut file, path) = create_new(place.path(), "a.pdf", false).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(path, place.path().join("a (2).pdf"));
        assert_eq!(std::fs::read(place.path().join("a.pdf")).unwrap(), b"mine");
    }

    #[test]
    fn what_is_not_finished_does_not_stay() {
        let place = tempfile::tempdir().unwrap();
        let (file, path) = create_new(place.path(), "half", true).unwrap();
        drop(Target { file, path, is_kept: false });
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn whatever_its_name_a_file_lies_in_the_chosen_folder(name in "(\\.{0,3}|/|\\\\|CON|nul|aux|[a-z]|[\\x00-\\x1f]|-|~|\u{202e}|é|:){0,12}(\\.(txt|exe))?") {
            let place = tempfile::tempdir().unwrap();
            let folder = place.path().join("chosen");
            std::fs::create_dir(&folder).unwrap();
            let (_, path) = create_new(&folder, &name, false).unwrap();
            prop_assert_eq!(path.parent(), Some(folder.as_path()));
            prop_assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
            prop_assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
        }
    }
}
