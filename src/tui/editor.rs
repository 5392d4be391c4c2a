//! The person's own editor: the text goes through a file that nobody else can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lets the person edit a text in `$VISUAL`, `$EDITOR` or vi. The terminal must be free.
///
/// # Errors
/// A sentence: the file or the editor failed, and the text is as it was.
pub fn edit(text: &str, private: Option<&Path>) -> Result<String, String> {
    let editor = ["VISUAL", "EDITOR"].iter().filter_map(|name| std::env::var(name).ok()).find(|e| !e.trim().is_empty());
    edit_with(&editor.unwrap_or_else(|| "vi".to_owned()), text, private)
}

fn edit_with(editor: &str, text: &str, private: Option<&Path>) -> Result<String, String> {
    let folder = Folder::make(private).map_err(|e| format!("no place for the editor's file: {e}"))?;
    let file = folder.0.join("answer.txt");
    write(&file, text).map_err(|e| format!("the editor's file cannot be written: {e}"))?;
    // Through a shell, since EDITOR may carry arguments; the name goes as an argument, not as text of the command.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(&file).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("{editor} ended with {status}; the text is as it was")),
        Err(e) => return Err(format!("{editor} could not be started: {e}")),
    }
    let mut edited = Vec::new();
    let read = fs::File::open(&file).and_then(|mut f| f.read_to_end(&mut edited));
    read.map_err(|e| format!("what {editor} wrote cannot be read: {e}"))?;
    Ok(String::from_utf8_lossy(&edited).into_owned())
}

/// A folder of one's own, gone with what is in it.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one in this place; by default in the runtime or the temporary folder.
    pub fn make(private: Option<&Path>) -> io::Result<Self> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_dir());
        let parent = private.map(Path::to_owned).or(runtime).unwrap_or_else(std::env::temp_dir);
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
        let folder = parent.join(format!("bagsy-{}", data_encoding::HEXLOWER.encode(&random)));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self(folder))
    }
}

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the editor's folder stays behind");
        }
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(if text.ends_with('\n') { b"" } else { b"\n" })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_editor_gets_the_text_and_its_words_come_back() {
        let place = tempfile::tempdir().unwrap();
        let edited = edit_with("sed -i s/Hello/Dear/", "Hello Dana", Some(place.path())).unwrap();
        assert_eq!(edited, "Dear Dana\n");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing stays behind");
    }

    #[test]
    fn the_file_is_nobody_elses() {
        let place = tempfile::tempdir().unwrap();
        let edited = edit_with("stat -c %a", "x", Some(place.path())).unwrap();
        assert_eq!(edited, "x\n");
        let said = edit_with("f() { test $(stat -c %a \"$1\") = 600; }; f", "x", Some(place.path()));
        assert!(said.is_ok(), "{said:?}");
    }

    #[test]
    fn a_failing_editor_leaves_the_text() {
        let said = edit_with("false", "x", None).unwrap_err();
        assert!(said.contains("the text is as it was"), "{said}");
    }
}
