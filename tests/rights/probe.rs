//! What a server really allows one login, tried out command by command on a bare socket.

use super::desk::{Desk, Eyes, FOLDERS};
use super::support::imap_client::{Client, Word, flags_of, quoted, uid_of};
use super::support::mailgen::Mail;

/// Each was done, and its effect seen by somebody else.
#[derive(Debug, Clone, Default)]
pub struct Granted {
    /// A keyword stays on a message in INBOX; in Archive.
    pub keyword: bool,
    pub keyword_in_archive: bool,
    pub flagged: bool,
    /// `\Seen`, which may be each person's own: seen by another session of theirs.
    pub seen: bool,
    pub seen_in_archive: bool,
    /// A message of INBOX is in this folder afterwards, and no longer in INBOX.
    pub to_archive: bool,
    /// And its tags went with it.
    pub tags_to_archive: bool,
    pub to_trash: bool,
    pub to_junk: bool,
    pub to_clients: bool,
    /// The way back.
    pub from_archive: bool,
    /// A copy can be put into Sent, and its keywords changed there.
    pub announce: bool,
    /// MYRIGHTS of each folder; empty where it tells none.
    pub rights: Vec<(&'static str, String)>,
}

impl Granted {
    pub fn to(desk: &Desk, who: &str, eyes: &mut Eyes) -> Self {
        let (mut person, mut again) = (desk.imap(who), desk.imap(who));
        let mut try_out = TryOut { desk, person: &mut person, again: &mut again, eyes, tagged: None };
        Self {
            keyword: try_out.store("INBOX", "probe"),
            keyword_in_archive: try_out.store("Archive", "probe"),
            flagged: try_out.store("INBOX", "\\Flagged"),
            seen: try_out.seen("INBOX"),
            seen_in_archive: try_out.seen("Archive"),
            to_archive: try_out.moves("INBOX", "Archive"),
            tags_to_archive: try_out.tagged.take().unwrap_or(false),
            to_trash: try_out.moves("INBOX", "Trash"),
            to_junk: try_out.moves("INBOX", "Junk"),
            to_clients: try_out.moves("INBOX", "Clients"),
            from_archive: try_out.moves("Archive", "INBOX"),
            announce: try_out.announce(),
            rights: FOLDERS.iter().map(|folder| (*folder, try_out.rights(folder))).collect(),
        }
    }

    /// Whether a letter is missing on a folder.
    pub fn lacks(&self, folder: &str, letter: char) -> bool {
        self.rights.iter().any(|(name, rights)| *name == folder && !rights.contains(letter))
    }
}

struct TryOut<'a> {
    desk: &'a Desk,
    person: &'a mut Client,
    again: &'a mut Client,
    eyes: &'a mut Eyes,
    /// Whether what was moved last kept its tag.
    tagged: Option<bool>,
}

impl TryOut<'_> {
    /// A fresh message; its UID and Message-ID.
    fn put(&mut self, folder: &str, flags: &str) -> (u32, String) {
        let mail = Mail::new("Dana Reyes <dana@reyes.example>", &self.desk.address(), "A probe", "Never mind.");
        (self.eyes.put(folder, flags, &mail.bytes()), mail.message_id)
    }

    fn enters(client: &mut Client, folder: &str) -> bool {
        client.command(&format!("SELECT {}", quoted(folder))).word == Word::Ok
    }

    fn store(&mut self, folder: &str, flag: &str) -> bool {
        let (uid, id) = self.put(folder, "");
        if !Self::enters(self.person, &self.desk.folder(folder)) {
            return false;
        }
        self.person.command(&format!("UID STORE {uid} +FLAGS ({flag})"));
        self.eyes.find(&id).get(folder).is_some_and(|flags| flags.contains(flag))
    }

    fn seen(&mut self, folder: &str) -> bool {
        let (uid, _) = self.put(folder, "");
        let name = self.desk.folder(folder);
        if !Self::enters(self.person, &name) {
            return false;
        }
        self.person.command(&format!("UID STORE {uid} +FLAGS (\\Seen)"));
        // Cyrus writes down what was seen when the folder is left.
        self.person.command("UNSELECT");
        Self::enters(self.again, &name);
        let answer = self.again.command(&format!("UID FETCH {uid} (UID FLAGS)"));
        answer.fetches().any(|f| uid_of(f) == Some(uid) && flags_of(f).contains("\\Seen"))
    }

    fn moves(&mut self, from: &str, to: &str) -> bool {
        let (uid, id) = self.put(from, "kept");
        if !Self::enters(self.person, &self.desk.folder(from)) {
            return false;
        }
        self.person.command(&format!("UID MOVE {uid} {}", quoted(&self.desk.folder(to))));
        let lies = self.eyes.find(&id);
        self.tagged = lies.get(to).map(|flags| flags.contains("kept"));
        lies.contains_key(to) && !lies.contains_key(from)
    }

    fn announce(&mut self) -> bool {
        let mail = Mail::new(&self.desk.address(), "dana@reyes.example", "A probe", "Never mind.");
        let text = String::from_utf8(mail.bytes()).expect("plain text");
        let sent = self.desk.folder("Sent");
        let append = format!("APPEND {} ($SubmitPending) {{{}+}}\r\n{text}", quoted(&sent), text.len());
        if self.person.command(&append).word != Word::Ok || !Self::enters(self.person, &sent) {
            return false;
        }
        let uids = self.person.search(&format!("HEADER Message-ID \"<{}>\"", mail.message_id));
        for uid in uids {
            self.person.command(&format!("UID STORE {uid} +FLAGS ($Submitted)"));
            self.person.command(&format!("UID STORE {uid} -FLAGS ($SubmitPending)"));
        }
        let lies = self.eyes.find(&mail.message_id);
        lies.get("Sent").is_some_and(|flags| flags.contains("$Submitted") && !flags.contains("$SubmitPending"))
    }

    fn rights(&mut self, folder: &str) -> String {
        let name = self.desk.folder(folder);
        let answer = self.person.command(&format!("MYRIGHTS {}", quoted(&name)));
        let told = answer.untagged.iter().find_map(|line| line.strip_prefix("MYRIGHTS "));
        told.and_then(|line| line.rsplit(' ').next()).unwrap_or_default().to_owned()
    }
}
