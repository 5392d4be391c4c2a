//! To Trash, to Junk, into a folder: one conversation, or all that is selected.

use super::Turn;
use crate::engine::message::{Command, FolderChoice, Ticket};
use crate::model::{Action, Conversation, Destination, Expectation, Filed, Refusal};
use crate::tui::app::Tone;
use crate::tui::folders::FolderPicker;
use crate::tui::intents::Asked;
use crate::tui::layers::Layer;
use crate::tui::typing;

impl Turn<'_> {
    pub(super) fn file(&mut self, to: Destination) {
        if self.app.is_many() {
            return self.ask_many(Action::File(to));
        }
        if let Some(c) = self.app.subject() {
            self.file_one(&c, to);
        }
    }

    fn file_one(&mut self, c: &Conversation, to: Destination) {
        self.ask(c, Action::File(to), c.as_seen(), false);
        self.go_on_from(&c.root);
    }

    /// `v`: the server is asked for the folders; the window is there at once.
    pub(super) fn pick_folder(&mut self) {
        let conversation = if self.app.is_many() { None } else { self.app.subject().map(Box::new) };
        let (input, folders) = (typing::line(""), None);
        self.app.layer = Some(Layer::Folders(FolderPicker { conversation, input, folders, selected: 0 }));
        let mailbox = self.app.key().to_owned();
        self.send(Command::Folders { mailbox });
    }

    pub(super) fn folders_told(&mut self, mailbox: &str, outcome: Result<Vec<FolderChoice>, Refusal>) {
        if mailbox != self.app.key() {
            return;
        }
        let Some(Layer::Folders(picker)) = &mut self.app.layer else { return };
        match outcome {
            Ok(folders) => picker.folders = Some(folders),
            Err(refusal) => {
                self.app.layer = None;
                self.app.say(Tone::Bad, refusal.message);
            }
        }
    }

    /// Files in the folder under the picker's cursor; what stays open is given back.
    pub(super) fn move_to(&mut self, picker: FolderPicker) -> Option<Layer> {
        let Some(chosen) = picker.chosen() else { return Some(Layer::Folders(picker)) };
        if let Some(why_not) = &chosen.why_not {
            let says = format!("{}: {why_not}", crate::mail::safe::line(&chosen.shown));
            self.app.say(Tone::Bad, says);
            return Some(Layer::Folders(picker));
        }
        let to = Destination::Folder(chosen.name.clone());
        match &picker.conversation {
            Some(c) => self.file_one(c, to),
            None => self.ask_many(Action::File(to)),
        }
        // The question whether it is meant, where there is one.
        self.app.layer.take()
    }

    /// What was filed can be brought back.
    pub(super) fn filed(&mut self, ticket: Ticket, filed: Filed) {
        self.app.intents.can_undo(ticket, |target| Asked {
            target: target.clone(),
            action: Action::Return(Box::new(filed)),
            expect: Expectation::default(),
            upto: None,
            batch: None,
        });
    }

    /// Where it goes, for a sentence: `to Trash`.
    pub(super) fn name_of_place(&self, to: &Destination) -> String {
        match to {
            Destination::Trash => "to Trash".to_owned(),
            Destination::Junk => "to Junk".to_owned(),
            Destination::Folder(name) => {
                let shown = self.app.current().map(|m| crate::engine::shown_name(m, name));
                format!("to {}", crate::mail::safe::line(&shown.unwrap_or_else(|| name.clone())))
            }
        }
    }
}
