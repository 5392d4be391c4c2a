//! Putting the configuration into its place: whole, for its owner alone, and never over another one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes the file. One that is there is kept beside it under another name, which is given back.
///
/// # Errors
/// What the operating system says; the file that was there is there still.
pub fn put(file: &Path, text: &str) -> io::Result<Option<PathBuf>> {
    // A file that is a link into a folder of such files stays one.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private(folder)?;
    let new = beside(&file, &format!("new-{}", std::process::id()));
    let written = write_new(&new, text.as_bytes()).and_then(|()| {
        let kept = if file.exists() { Some(keep(&file)?) } else { None };
        fs::rename(&new, &file)?;
        // That it has its name is on disk as well.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(kept)
    });
    if written.is_err() {
        // It may not have come to be at all.
        let _ = fs::remove_file(&new);
    }
    written
}

/// Copies the file to the first name beside it that is free.
fn keep(file: &Path) -> io::Result<PathBuf> {
    let bytes = fs::read(file)?;
    for n in 1.. {
        let copy = beside(file, &format!("old-{n}"));
        match write_new(&copy, &bytes) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            written => return written.map(|()| copy),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    file.with_file_name(name)
}

/// A file that was not there before, readable for its owner alone.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the folder where there is none; one that is there stays as it is.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone_and_the_one_before_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config/bagsy/config.toml");
        assert_eq!(put(&file, "one").unwrap(), None);
        assert_eq!((fs::read_to_string(&file).unwrap(), mode(&file)), ("one".to_owned(), 0o600));
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        let first = put(&file, "two").unwrap().unwrap();
        let second = put(&file, "three").unwrap().unwrap();
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
        assert_eq!((fs::read_to_string(&second).unwrap(), mode(&second)), ("two".to_owned(), 0o600));
        assert_eq!(names(file.parent().unwrap()), ["config.toml", "config.toml.old-1", "config.toml.old-2"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_folder_that_cannot_be_written_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("dotfiles.toml"), home.path().join("config.toml"));
        fs::write(&real, "one").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        put(&link, "two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "two");
        let nowhere = home.path().join("dotfiles.toml/config.toml");
        assert!(put(&nowhere, "three").is_err());
        assert_eq!(names(home.path()), ["config.toml", "dotfiles.toml", "dotfiles.toml.old-1"]);
    }
}
