//! How a second terminal finds the demo of the first: a file with its ports and its password, for its owner's eyes only.
//!
//! It lies in `$XDG_RUNTIME_DIR`, else in a folder of one's own under the temporary folder. The password is new for each
//! demo, so that other people of the machine, who can reach loopback too, stay outside.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::{Demo, Options, endpoint, login};
use crate::config::{Credentials, Endpoint, Secret};

/// The file's name.
const NAME: &str = "bagsy-demo.json";
/// The file is never longer.
const MAX_SIZE: u64 = 4096;
/// A server on loopback that does not greet within this time is dead.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where a running demo is, and what opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    imap_port: u16,
    smtp_port: u16,
    password: String,
}

impl std::fmt::Debug for Meeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Meeting {{ imap_port: {}, smtp_port: {}, .. }}", self.imap_port, self.smtp_port)
    }
}

impl Meeting {
    /// The place of this demo.
    pub fn of(demo: &Demo) -> Self {
        Self { imap_port: demo.imap_addr.port(), smtp_port: demo.smtp_addr.port(), password: demo.password.clone() }
    }

    /// Where its IMAP server is.
    pub fn imap(&self) -> Endpoint {
        endpoint(SocketAddr::from((Ipv4Addr::LOCALHOST, self.imap_port)))
    }

    /// Where its submission server is.
    pub fn smtp(&self) -> Endpoint {
        endpoint(SocketAddr::from((Ipv4Addr::LOCALHOST, self.smtp_port)))
    }

    /// What one of [`PEOPLE`](super::PEOPLE) signs in with.
    pub fn credentials(&self, name: &str) -> Credentials {
        Credentials::Password { user: login(name), password: Secret::new(self.password.clone()) }
    }

    /// Whether a demo greets there.
    async fn is_alive(&self) -> bool {
        let greets = async {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.imap_port)).await?;
            let mut greeting = [0; 256];
            let read = stream.read(&mut greeting).await?;
            Ok::<_, io::Error>(greeting[..read].windows(10).any(|window| window == b"bagsy demo"))
        };
        matches!(tokio::time::timeout(PATIENCE, greets).await, Ok(Ok(true)))
    }
}

/// A place where demos meet: a folder that is the user's own.
#[derive(Debug, Clone)]
pub struct Rendezvous {
    file: PathBuf,
}

/// The announcement of a demo: the file goes when it is dropped.
#[derive(Debug)]
pub struct Announcement {
    file: PathBuf,
    meeting: Meeting,
}

impl Rendezvous {
    /// The user's place: `$XDG_RUNTIME_DIR`, else `bagsy-UID` under the temporary folder, made where it is not there.
    ///
    /// # Errors
    /// When neither is a folder of one's own that nobody else may enter.
    pub fn of_user() -> io::Result<Self> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        if let Some(folder) = runtime.filter(|folder| folder.is_absolute() && is_private(folder).is_ok()) {
            return Ok(Self::in_folder(&folder));
        }
        let folder = std::env::temp_dir().join(format!("bagsy-{}", own_uid()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => is_private(&folder)?,
        }
        Ok(Self::in_folder(&folder))
    }

    /// A place in a folder that the caller vouches for.
    pub fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join(NAME) }
    }

    /// The demo that runs, if one does; a file that a dead one left behind is taken away.
    ///
    /// # Errors
    /// When the file cannot be read, or is not one that this user alone wrote.
    pub async fn find(&self) -> io::Result<Option<Meeting>> {
        let Some(text) = self.read()? else { return Ok(None) };
        let meeting: Option<Meeting> = serde_json::from_str(&text).ok();
        match meeting {
            Some(meeting) if meeting.is_alive().await => Ok(Some(meeting)),
            _ => {
                remove_if_same(&self.file, &text)?;
                Ok(None)
            }
        }
    }

    /// Announces a demo. `None` where another was announced in the meantime: look again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn announce(&self, demo: &Demo) -> io::Result<Option<Announcement>> {
        let meeting = Meeting::of(demo);
        let draft = self.file.with_extension(format!("{}.{}", std::process::id(), meeting.imap_port));
        // Written whole under another name first: who finds the file finds all of it. A link, unlike a rename, fails where
        // the file is there.
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
        let linked = written
            .and_then(|mut file| file.write_all(serde_json::to_string(&meeting)?.as_bytes()))
            .and_then(|()| fs::hard_link(&draft, &self.file));
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match linked {
            Ok(()) => Ok(Some(Announcement { file: self.file.clone(), meeting })),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&self) -> io::Result<Option<String>> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(&self.file);
        let file = match file {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let facts = file.metadata()?;
        if !facts.is_file() || facts.uid() != own_uid() || facts.permissions().mode() & 0o077 != 0 {
            return Err(not_private(&self.file));
        }
        read_text(file).map(Some)
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Nothing to be done about a failure on the way out; the next demo finds a file without a server and replaces it.
        if let Ok(text) = serde_json::to_string(&self.meeting) {
            let _ = remove_if_same(&self.file, &text);
        }
    }
}

/// A demo to take part in: the one that runs, else one of this process's own.
#[derive(Debug)]
pub struct Party {
    /// Where it is.
    pub meeting: Meeting,
    /// Why a second terminal cannot join, where it cannot.
    pub alone_because: Option<String>,
    /// In the order in which they end: nobody is to find servers that are gone.
    host: Option<(Option<Announcement>, Demo)>,
}

impl Party {
    /// Joins the demo that runs at this place, or starts one, with a simulated teammate of that name stepping aside.
    ///
    /// # Errors
    /// When no demo runs and none can be started.
    pub fn join_or_start(
        name: &str,
        seed: u64,
        now: Timestamp,
        place: io::Result<Rendezvous>,
        runtime: &Runtime,
    ) -> io::Result<Self> {
        runtime.block_on(Self::joined_or_started(name, seed, now, place))
    }

    async fn joined_or_started(
        name: &str,
        seed: u64,
        now: Timestamp,
        place: io::Result<Rendezvous>,
    ) -> io::Result<Self> {
        let found = match &place {
            Ok(place) => place.find().await,
            Err(_) => Ok(None),
        };
        if let Ok(Some(meeting)) = found {
            return Ok(Self { meeting, alone_because: None, host: None });
        }
        let demo = Demo::start(Options::lively(seed, now)?).await?.without_teammate(name);
        let announced = place.and_then(|place| place.announce(&demo));
        let (announcement, alone_because) = match (found, announced) {
            (Ok(_), Ok(Some(announcement))) => (Some(announcement), None),
            (Ok(_), Ok(None)) => (None, Some("another demo was started at the same moment".to_owned())),
            (Err(error), _) | (_, Err(error)) => (None, Some(error.to_string())),
        };
        Ok(Self { meeting: Meeting::of(&demo), alone_because, host: Some((announcement, demo)) })
    }

    /// Whether the servers are this process's own.
    pub fn is_host(&self) -> bool {
        self.host.is_some()
    }
}

fn read_text(file: File) -> io::Result<String> {
    let mut text = String::new();
    file.take(MAX_SIZE).read_to_string(&mut text)?;
    Ok(text)
}

/// Takes the file away unless somebody has put another in its place: it is set aside first and looked at there.
fn remove_if_same(file: &Path, text: &str) -> io::Result<()> {
    let aside = file.with_extension(format!("{}.old", std::process::id()));
    match fs::rename(file, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    let is_same = File::open(&aside).and_then(read_text).is_ok_and(|found| found == text);
    if !is_same {
        match fs::hard_link(&aside, file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    fs::remove_file(&aside)
}

/// A real folder, one's own, that nobody else may enter.
pub(super) fn is_private(folder: &Path) -> io::Result<()> {
    let facts = fs::symlink_metadata(folder)?;
    if facts.is_dir() && facts.uid() == own_uid() && facts.permissions().mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(not_private(folder))
    }
}

fn not_private(path: &Path) -> io::Error {
    let why =
        format!("{} belongs to somebody else, or others may look into it: remove it or make it yours", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

fn own_uid() -> u32 {
    // SAFETY: geteuid touches no memory and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    async fn demo() -> Demo {
        Demo::start(Options::quiet()).await.unwrap()
    }

    #[tokio::test]
    async fn a_second_terminal_finds_the_first_ones_demo_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let place = Rendezvous::in_folder(folder.path());
        assert_eq!(place.find().await.unwrap(), None);
        let demo = demo().await;
        let announcement = place.announce(&demo).unwrap().unwrap();
        assert_eq!(fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(place.find().await.unwrap(), Some(Meeting::of(&demo)));
        assert!(place.announce(&demo).unwrap().is_none(), "one at a time");
        drop(announcement);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_file_that_a_dead_demo_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = Rendezvous::in_folder(folder.path());
        let dead = demo().await;
        std::mem::forget(place.announce(&dead).unwrap());
        drop(dead);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(place.find().await.unwrap(), None);
        let next = demo().await;
        let announcement = place.announce(&next).unwrap().unwrap();
        assert_eq!(place.find().await.unwrap(), Some(Meeting::of(&next)));
        drop(announcement);
        for nonsense in ["", "{", "{\"imap_port\":1}"] {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place.file).unwrap();
            file.write_all(nonsense.as_bytes()).unwrap();
            assert_eq!(place.find().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn an_announcement_leaves_anothers_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let place = Rendezvous::in_folder(folder.path());
        let (old, new) = (demo().await, demo().await);
        let stale = place.announce(&old).unwrap().unwrap();
        fs::remove_file(&place.file).unwrap();
        let fresh = place.announce(&new).unwrap().unwrap();
        drop(stale);
        assert_eq!(place.find().await.unwrap(), Some(Meeting::of(&new)));
        drop(fresh);
    }

    #[tokio::test]
    async fn what_others_may_read_or_a_link_leads_to_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let place = Rendezvous::in_folder(folder.path());
        let demo = demo().await;
        let _announcement = place.announce(&demo).unwrap().unwrap();
        fs::set_permissions(&place.file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(place.find().await.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&place.file, &elsewhere).unwrap();
        symlink(&elsewhere, &place.file).unwrap();
        assert!(place.find().await.is_err());
        let (open, link) = (folder.path().join("open"), folder.path().join("link"));
        DirBuilder::new().mode(0o755).create(&open).unwrap();
        symlink(folder.path(), &link).unwrap();
        assert!(is_private(&open).is_err() && is_private(&link).is_err());
        fs::set_permissions(&open, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(is_private(&open).is_ok());
    }

    #[tokio::test]
    async fn the_first_is_host_the_second_a_guest_and_a_bad_place_keeps_nobody_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let join = |name, place| Party::joined_or_started(name, 1, Timestamp::now(), place);
        let place = Rendezvous::in_folder(folder.path());
        let alice = join("alice", Ok(place.clone())).await.unwrap();
        let bob = join("bob", Ok(place.clone())).await.unwrap();
        assert!(alice.is_host() && !bob.is_host());
        assert_eq!(alice.meeting, bob.meeting);
        drop(alice);
        assert!(!place.file.exists());
        let alone = join("alice", Err(not_private(folder.path()))).await.unwrap();
        assert!(alone.is_host() && alone.alone_because.is_some());
    }

    #[test]
    fn a_meeting_never_shows_its_password() {
        let meeting = Meeting { imap_port: 1, smtp_port: 2, password: "hush".into() };
        assert!(!format!("{meeting:?}").contains("hush"));
    }
}
