//! What the person is told of while they look elsewhere.

use super::Turn;
use crate::engine::message::{Connection, Target};
use crate::model::Change;
use crate::tui::notice::{self, Notify};
use crate::tui::words;
use crate::wire::identity::conversation_id;

impl Turn<'_> {
    /// The person asked for something here.
    pub(super) fn asked(&mut self, target: &Target) {
        self.app.notices.asked(&target.mailbox, conversation_id(&target.root), self.app.now);
    }

    /// Has a notice given of a change that deserves one, in whichever mailbox it happened.
    pub(super) fn notice(&mut self, change: &Change) {
        // What a mailbox has to tell while it is opened, the person sees who opens it.
        let is_there =
            matches!(self.app.connections.get(&change.mailbox), Some(Connection::Live | Connection::Offline { .. }));
        if self.app.settings.notify == Notify::Off || !is_there {
            return;
        }
        let me = self.app.me_in(&change.mailbox);
        let row = self.source.named(&change.mailbox, &change.conversation).ok().flatten();
        let is_first = row.as_ref().is_none_or(|c| c.messages <= 1);
        let is_mine = self.app.notices.is_own(change, self.app.now) || !self.app.nexts.is_empty();
        if notice::deserves(change, me, is_mine, is_first, self.app.settings.notify_new) {
            let text = words::happened(change, row.as_ref().map(|c| &c.from), me, self.theme.glyphs);
            self.app.notices.put(text);
        }
    }
}
