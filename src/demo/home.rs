//! The folder in which a demo keeps its cache: one's own, gone when the demo ends, and swept up after demos that were killed.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::rendezvous::is_private;

/// How such folders' names begin; the process and a moment follow.
const PREFIX: &str = "bagsy-demo-";

/// A folder that is there as long as the demo.
#[derive(Debug)]
pub struct Home(PathBuf);

impl Home {
    /// Makes one under the temporary folder, and takes away those whose demos were killed.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn make() -> io::Result<Self> {
        let within = std::env::temp_dir();
        sweep(&within);
        Self::make_in(&within)
    }

    fn make_in(within: &Path) -> io::Result<Self> {
        // The folder is new, or it is not taken: nobody can have laid something there before.
        let moment = Timestamp::now().as_nanosecond();
        let folder = within.join(format!("{PREFIX}{}-{moment}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the demo's folder stays behind");
        }
    }
}

/// Takes away the folders of demos that run no more. Only what is this user's own and closed to others is touched; what
/// cannot be taken away stays.
fn sweep(within: &Path) {
    let Ok(entries) = fs::read_dir(within) else { return };
    for entry in entries.flatten() {
        let is_stale = entry.file_name().to_str().and_then(process_of).is_some_and(is_gone);
        if is_stale
            && is_private(&entry.path()).is_ok()
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::info!(%error, "an old demo's folder stays behind");
        }
    }
}

/// The process that a folder's name tells.
fn process_of(name: &str) -> Option<libc::pid_t> {
    let (process, moment) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(process) && is_number(moment)).then(|| process.parse().ok())?.filter(|process| *process > 0)
}

fn is_gone(process: libc::pid_t) -> bool {
    // SAFETY: kill(2) takes two integers and touches no memory; signal 0 is sent to nobody.
    let is_there = unsafe { libc::kill(process, 0) } == 0;
    !is_there && io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A process that has ended and was waited for.
    fn gone() -> u32 {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn only_ones_own_folders_of_processes_that_are_gone_are_swept() {
        let place = tempfile::tempdir().unwrap();
        let gone = gone();
        let folder = |name: String, mode| {
            let folder = place.path().join(name);
            DirBuilder::new().create(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            fs::write(folder.join("cache"), "").unwrap();
            folder
        };
        let stale = folder(format!("{PREFIX}{gone}-1"), 0o700);
        let open = folder(format!("{PREFIX}{gone}-2"), 0o755);
        let other = folder(format!("{PREFIX}{gone}"), 0o700);
        let strange = folder(format!("{PREFIX}-{gone}-x"), 0o700);
        let link = place.path().join(format!("{PREFIX}{gone}-3"));
        symlink(&other, &link).unwrap();
        let home = Home::make_in(place.path()).unwrap();
        sweep(place.path());
        assert!(!stale.exists());
        for kept in [&open, &other, &strange, &link] {
            assert!(kept.exists(), "{}", kept.display());
        }
        assert!(home.path().exists(), "its process runs");
        let path = home.path().to_owned();
        drop(home);
        assert!(!path.exists());
    }
}
