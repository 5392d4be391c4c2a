//! Files of the person's own that are to go along with a mail: found while a path is typed, and read once.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::mail::compose::{AttachedFile, MAX_ATTACHED};
use crate::mail::kind;

/// So many names of one folder are read at most.
const NAMES: usize = 5000;

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub is_folder: bool,
    pub size: u64,
}

/// Where a typed path leads: `~/` is the home folder, a relative one starts from the working folder.
pub fn meant(typed: &str) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match typed.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match home() {
            Some(home) => home.join(rest.trim_start_matches('/')),
            None => PathBuf::from(typed),
        },
        _ => PathBuf::from(typed),
    }
}

/// Reads a file that is to go along: no more than `most` octets, and only a file.
///
/// # Errors
/// Why it cannot go along, in words.
pub fn read_file(path: &Path, most: u64) -> Result<AttachedFile, String> {
    // Asked before it is opened: a pipe would be waited for.
    let found = fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is no file".to_owned());
    }
    let too_large = || format!("one mail takes {} MB of files together", MAX_ATTACHED / 1_000_000);
    if found.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(AttachedFile { media_type: kind::media_type(&name, &bytes), name, bytes })
}

/// The folders and files of a folder, by name. Names that are no text, or hold what a line cannot show, are left out.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn browse(folder: &Path) -> Result<Vec<Entry>, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())?.take(NAMES) {
        let Ok(entry) = entry else { continue };
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What a link leads to counts; one that leads nowhere is nothing.
        let Ok(found) = fs::metadata(entry.path()) else { continue };
        if (found.is_file() || found.is_dir()) && !name.contains(char::is_control) {
            entries.push(Entry { name, is_folder: found.is_dir(), size: found.len() });
        }
    }
    entries.sort_by_key(|entry| entry.name.to_lowercase());
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_is_not_too_large_goes_along() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.pdf");
        fs::write(&path, b"%PDF").unwrap();
        fs::create_dir(folder.path().join("more")).unwrap();
        let file = read_file(&path, 4).unwrap();
        assert_eq!(
            (file.name.as_str(), file.media_type.as_str(), file.bytes.len()),
            ("plan.pdf", "application/pdf", 4)
        );
        assert!(read_file(&path, 3).unwrap_err().contains("25 MB"));
        assert_eq!(read_file(folder.path(), 100).unwrap_err(), "it is no file");
        let entries = browse(folder.path()).unwrap();
        let named: Vec<(&str, bool)> = entries.iter().map(|e| (e.name.as_str(), e.is_folder)).collect();
        assert_eq!(named, [("more", true), ("plan.pdf", false)]);
        assert!(browse(&folder.path().join("none")).is_err());
    }
}
