//! The person's own editor: the text goes through a file that nobody else can read, and what the editor saved is the draft
//! afterwards, whatever ended it.
//!
//! Each text lies in a folder of its own beside the desk, with what is known of its draft, and stays there until the draft is
//! kept: an editor that fails, a line that hangs up, a program that is killed while the editor runs cost nothing that was
//! saved. Two locks of the operating system tell who is still at work: one dies with the program that waits for the editor, the
//! other with the editor and whatever it started.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::kept::{Content, SavedDraft};
use crate::engine::message::Target;
use crate::store::{Found, Lock};

const TEXT: &str = "answer.txt";
const TASK: &str = "draft.json";
/// What it is called where it cannot be read: looked at once and left to its person.
const BAD_TASK: &str = "draft.bad.json";
const WAITS: &str = ".waits";
const EDITOR: &str = ".editor";
/// What a folder's name begins with once all is in it.
const READY: &str = "edit-";

/// A shell that was killed may be gone before the editor has saved what it could: it is waited for no longer than this.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What came of a text that was given to the editor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edited {
    /// What it saved; `None`: the text is as it was.
    pub text: Option<String>,
    /// What its person is told.
    pub says: Option<String>,
}

/// A text with its editor, in its folder.
#[derive(Debug)]
pub struct Errand {
    folder: PathBuf,
    _waits: Lock,
}

/// What is known of the draft whose text is edited.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    mailbox: String,
    root: String,
    hand: String,
    found: Option<(String, Timestamp)>,
    content: Content,
}

impl Task {
    fn of(draft: &SavedDraft) -> Self {
        Self {
            mailbox: draft.target.mailbox.clone(),
            root: draft.target.root.clone(),
            hand: draft.hand.clone(),
            found: draft.found.as_ref().map(|found| (found.hand.clone(), found.saved_at)),
            content: draft.content.clone(),
        }
    }

    fn with(self, body: String) -> SavedDraft {
        SavedDraft {
            target: Target { mailbox: self.mailbox, root: self.root },
            content: Content { body, ..self.content },
            saved_at: Timestamp::now(),
            hand: self.hand,
            found: self.found.map(|(hand, saved_at)| Found { hand, saved_at }),
        }
    }
}

/// Lets the person edit the text of a draft in `$VISUAL`, `$EDITOR` or vi. The terminal must be free. `place`: where folders
/// are made.
///
/// # Errors
/// A sentence: the file or the editor failed, and the text is as it was.
pub fn edit(place: &Path, draft: &SavedDraft) -> Result<(Edited, Errand), String> {
    let editor = ["VISUAL", "EDITOR"].iter().filter_map(|name| std::env::var(name).ok()).find(|e| !e.trim().is_empty());
    edit_with(&editor.unwrap_or_else(|| "vi".to_owned()), place, draft)
}

fn edit_with(editor: &str, place: &Path, draft: &SavedDraft) -> Result<(Edited, Errand), String> {
    let errand = Errand::begin(place, draft).map_err(|e| format!("no place for the editor's file: {e}"))?;
    let status = errand.run(editor).map_err(|e| format!("{editor} could not be started: {e}"))?;
    let saved = errand.saved(&draft.content.body, status.success());
    let text = saved.map_err(|e| format!("what {editor} wrote cannot be read: {e}"))?;
    let says = (!status.success()).then(|| match &text {
        Some(_) => format!("what {} saved is here, though it ended with {status}", name(editor)),
        None => format!("{} ended with {status}; the text is as it was", name(editor)),
    });
    Ok((Edited { text, says }, errand))
}

/// What a command is called.
fn name(editor: &str) -> &str {
    let program = editor.split_whitespace().next().unwrap_or(editor);
    program.rsplit('/').next().unwrap_or(program)
}

impl Errand {
    fn begin(place: &Path, draft: &SavedDraft) -> io::Result<Self> {
        let made = Folder::make(Some(place))?;
        let lock = Lock::try_take(&made.0.join(WAITS))?.ok_or_else(|| io::Error::other("it is in use"))?;
        write_task(&made.0, &Task::of(draft))?;
        write(&made.0.join(TEXT), &draft.content.body)?;
        let random = made.0.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = place.join(format!("{READY}{random}"));
        // Whoever looks for texts that were left finds it whole or not at all.
        fs::rename(&made.0, &folder)?;
        made.forget();
        Ok(Self { folder, _waits: lock })
    }

    fn run(&self, editor: &str) -> io::Result<ExitStatus> {
        let lock = Lock::try_take(&self.folder.join(EDITOR))?;
        // Through a shell, since EDITOR may carry arguments; the name goes as an argument, not as text of the command.
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(self.folder.join(TEXT));
        if let Some(lock) = &lock {
            lock.share_with(&mut command);
        }
        let mut child = command.spawn()?;
        drop(lock);
        let status = child.wait()?;
        if !status.success() {
            let until = Instant::now() + LAST_WORDS;
            while self.is_open() && Instant::now() < until {
                thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(status)
    }

    /// Whether the editor, or something that it started, still runs.
    fn is_open(&self) -> bool {
        matches!(Lock::try_take(&self.folder.join(EDITOR)), Ok(None))
    }

    /// The newest text in the folder that is another than was given: the file itself, or what an editor wrote beside it when
    /// it was told to go. A file that is empty counts only where its editor ended well: it may have died while it wrote.
    fn saved(&self, given: &str, has_ended_well: bool) -> io::Result<Option<String>> {
        let mut newest = None;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !is_text(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            let is_as_it_was = text.trim_end_matches('\n') == given.trim_end_matches('\n');
            if is_as_it_was || text.trim().is_empty() && !has_ended_well {
                continue;
            }
            let at = entry.metadata()?.modified()?;
            if newest.as_ref().is_none_or(|(newest, _)| at > *newest) {
                newest = Some((at, text));
            }
        }
        Ok(newest.map(|(_, text)| text))
    }

    /// The draft is kept: the folder goes, but for what only the editor can read. Gives that folder where it stays.
    pub fn close(self) -> Option<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return None };
        let names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        let gone = if names.iter().any(|name| is_swap(name)) {
            // Never looked through again, and left to its person.
            fs::remove_file(self.folder.join(TASK)).map(|()| Some(self.folder.clone()))
        } else {
            fs::remove_dir_all(&self.folder).map(|()| None)
        };
        // The folder of all of them, where this was the last one.
        drop(self.folder.parent().map(fs::remove_dir));
        gone.unwrap_or_else(|error| {
            tracing::warn!(%error, "the editor's folder stays behind");
            None
        })
    }
}

/// What a program that is gone left in its editor's folder.
#[derive(Debug)]
pub enum Leftover {
    /// A text, and whose it is.
    Draft(Box<Left>),
    /// A text in this folder of which nothing says whose it is; it is found once and stays.
    Homeless(PathBuf),
}

/// A text that was left in its editor's folder by a program that is gone.
#[derive(Debug)]
pub struct Left {
    /// The draft with what the editor saved.
    pub draft: SavedDraft,
    errand: Errand,
}

impl Left {
    /// The draft is kept. Where its editor still runs, what it saves later is another text to be found. Gives the folder where
    /// something stays in it that only the editor can read.
    pub fn taken(self) -> Option<PathBuf> {
        if !self.errand.is_open() {
            return self.errand.close();
        }
        if let Err(error) = write_task(&self.errand.folder, &Task::of(&self.draft)) {
            tracing::warn!(%error, "a text that is still edited will be found again");
        }
        None
    }
}

/// The texts in this place whose programs are gone, as far as something was saved that is not kept.
pub fn left(place: &Path) -> Vec<Leftover> {
    let Ok(entries) = fs::read_dir(place) else { return Vec::new() };
    let folders = entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(READY));
    let looked = folders.map(|entry| look(entry.path()));
    let failed = |error: &io::Error| tracing::warn!(%error, "what an editor left cannot be read");
    looked.filter_map(|left| left.inspect_err(failed).ok().flatten()).collect()
}

fn look(folder: PathBuf) -> io::Result<Option<Leftover>> {
    let told = folder.join(TASK);
    if !told.exists() {
        return Ok(None);
    }
    let Some(lock) = Lock::try_take(&folder.join(WAITS))? else { return Ok(None) };
    let errand = Errand { folder, _waits: lock };
    let Ok(task) = serde_json::from_slice::<Task>(&fs::read(&told)?) else {
        fs::rename(&told, errand.folder.join(BAD_TASK))?;
        return Ok(Some(Leftover::Homeless(errand.folder)));
    };
    match errand.saved(&task.content.body, false)? {
        Some(text) => {
            let draft = task.with(text.trim_end_matches('\n').to_owned());
            Ok(Some(Leftover::Draft(Box::new(Left { draft, errand }))))
        }
        None => {
            if !errand.is_open() {
                drop(errand.close());
            }
            Ok(None)
        }
    }
}

/// The file itself, and what nano and Emacs write beside it when they are hung up.
fn is_text(name: &str) -> bool {
    name == TEXT || name.strip_prefix(TEXT).is_some_and(|rest| rest.starts_with(".save")) || name == "#answer.txt#"
}

/// What vi keeps of a text that it could not save.
fn is_swap(name: &str) -> bool {
    name.strip_prefix(".answer.txt.").is_some_and(|rest| rest.starts_with("sw"))
}

fn write_task(folder: &Path, task: &Task) -> io::Result<()> {
    let new = folder.join(".draft.new");
    drop(fs::remove_file(&new));
    let mut file = private_file(&new)?;
    file.write_all(&serde_json::to_vec(task)?)?;
    // A rename may outlive a power cut that what it renames does not.
    file.sync_all()?;
    fs::rename(new, folder.join(TASK))
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
        builder.recursive(true).create(&folder)?;
        Ok(Self(folder))
    }
}

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// It has another name by now, under which it stays.
    fn forget(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.0.as_os_str().is_empty() {
            return;
        }
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the editor's folder stays behind");
        }
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private_file(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(if text.ends_with('\n') { b"" } else { b"\n" })
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn draft(body: &str) -> SavedDraft {
        let target = Target { mailbox: "support@example.test".into(), root: "a@x".into() };
        let content = Content { body: body.into(), subject: "Re: Printer".into(), ..Content::default() };
        SavedDraft { target, content, saved_at: Timestamp::UNIX_EPOCH, hand: "one".into(), found: None }
    }

    fn count(place: &Path) -> usize {
        fs::read_dir(place).map_or(0, Iterator::count)
    }

    #[test]
    fn the_editor_gets_the_text_and_its_words_come_back() {
        let place = tempfile::tempdir().unwrap();
        let editing = place.path().join("editing");
        let (edited, errand) = edit_with("sed -i s/Hello/Dear/", &editing, &draft("Hello Dana")).unwrap();
        assert_eq!(edited, Edited { text: Some("Dear Dana\n".into()), says: None });
        assert_eq!(errand.close(), None);
        assert_eq!(count(place.path()), 0, "nothing stays behind");
    }

    #[test]
    fn the_file_is_nobody_elses() {
        let place = tempfile::tempdir().unwrap();
        let (edited, errand) = edit_with("stat -c %a", place.path(), &draft("x")).unwrap();
        assert_eq!(edited, Edited::default());
        let is_private = "f() { test $(stat -c %a \"$1\") = 600 && test $(stat -c %a \"${1%/*}\") = 700; }; f";
        let (edited, _) = edit_with(is_private, place.path(), &draft("x")).unwrap();
        assert_eq!(edited.says, None);
        drop(errand);
    }

    #[test]
    fn a_failing_editor_leaves_the_text_or_what_it_saved() {
        let place = tempfile::tempdir().unwrap();
        let (edited, _) = edit_with("false", place.path(), &draft("x")).unwrap();
        assert_eq!(edited.text, None);
        assert!(edited.says.unwrap().contains("the text is as it was"));
        let fails = "f() { sed -i s/Hello/Dear/ \"$1\"; return 3; }; f";
        let (edited, _) = edit_with(fails, place.path(), &draft("Hello Dana")).unwrap();
        assert_eq!(edited.text.as_deref(), Some("Dear Dana\n"));
        assert!(edited.says.unwrap().contains("saved is here"));
        let empties = "f() { : > \"$1\"; kill -9 $$; }; f";
        let (edited, _) = edit_with(empties, place.path(), &draft("Hello Dana")).unwrap();
        assert_eq!(edited.text, None, "it died while it wrote");
    }

    #[test]
    fn what_an_editor_writes_beside_its_file_counts_where_it_is_newer_and_what_it_alone_reads_stays() {
        let place = tempfile::tempdir().unwrap();
        let dies = "f() { sleep 0.02; echo Rescued > \"$1.save\"; : > \"${1%/*}/.answer.txt.swp\"; return 1; }; f";
        let (edited, errand) = edit_with(dies, place.path(), &draft("Hello")).unwrap();
        assert_eq!(edited.text.as_deref(), Some("Rescued\n"));
        let rest = errand.close().expect("vi's own file");
        assert!(rest.join(".answer.txt.swp").exists());
        assert!(left(place.path()).is_empty(), "it is not found again");
    }

    #[test]
    fn what_a_program_that_is_gone_left_is_found_once() {
        let place = tempfile::tempdir().unwrap();
        let (_, errand) = edit_with("sed -i s/Hello/Dear/", place.path(), &draft("Hello Dana")).unwrap();
        assert!(left(place.path()).is_empty(), "its program waits for it");
        drop(errand);
        let Some(Leftover::Draft(found)) = left(place.path()).pop() else { panic!("nothing is found") };
        assert_eq!((found.draft.content.body.as_str(), found.draft.hand.as_str()), ("Dear Dana", "one"));
        assert_eq!(found.draft.content.subject, "Re: Printer");
        assert_eq!(found.taken(), None);
        assert!(left(place.path()).is_empty());
        assert_eq!(count(place.path()), 0);
    }

    #[test]
    fn a_text_of_which_nothing_says_whose_it_is_is_told_of_once_and_stays() {
        let place = tempfile::tempdir().unwrap();
        let (_, errand) = edit_with("sed -i s/Hello/Dear/", place.path(), &draft("Hello Dana")).unwrap();
        let folder = errand.folder.clone();
        fs::write(folder.join(TASK), "{\"mailbox\":").unwrap();
        drop(errand);
        let Some(Leftover::Homeless(found)) = left(place.path()).pop() else { panic!("nothing is found") };
        assert_eq!(found, folder);
        assert!(left(place.path()).is_empty(), "it is told again");
        assert_eq!(fs::read_to_string(folder.join(TEXT)).unwrap(), "Dear Dana\n");
    }
}
