//! The palette: opened, typed in, and what is chosen in it done.

use super::Turn;
use crate::model::Action;
use crate::tui::finding::Which;
use crate::tui::keymap::Act;
use crate::tui::layers::Layer;
use crate::tui::palette::{Deed, Palette};
use crate::tui::typing;

impl Turn<'_> {
    pub(super) fn show_palette(&mut self) {
        match Palette::of(self.app, self.source) {
            Ok(mut palette) => {
                palette.under = self.app.layer.take().map(Box::new);
                self.app.layer = Some(Layer::Palette(Box::new(palette)));
            }
            Err(error) => self.unreadable(&error),
        }
    }

    pub(super) fn palette_act(&mut self, act: Act) {
        let Some(Layer::Palette(mut palette)) = self.app.layer.take() else { return };
        match act {
            Act::Cancel => {
                self.app.layer = palette.under.map(|under| *under);
                return;
            }
            Act::LineUp | Act::LineDown => palette.step(act == Act::LineUp),
            Act::Accept => match palette.chosen().cloned() {
                Some(entry) if entry.why_not.is_none() => {
                    return self.do_deed(entry.deed, *palette);
                }
                // The reason stands beside it.
                Some(_) | None => {}
            },
            _ => {
                let before = typing::text_of(&palette.input);
                typing::act_in_line(&mut palette.input, act);
                if typing::text_of(&palette.input) != before {
                    palette.narrow();
                }
            }
        }
        self.app.layer = Some(Layer::Palette(palette));
    }

    fn do_deed(&mut self, deed: Deed, palette: Palette) {
        match deed {
            Deed::Act(act) => {
                self.app.layer = palette.under.map(|under| *under);
                self.act(act);
            }
            Deed::Mailbox(at) => self.go_to_mailbox(at),
            Deed::Search(query) => {
                self.look_for(Which::Search, &query.to_string());
                self.keep_found();
            }
            Deed::Assign(handle) => {
                if self.app.is_many() {
                    self.ask_many(Action::Assign(handle));
                } else if let Some(conversation) = palette.about {
                    self.assign_to(&conversation, handle);
                }
            }
        }
    }
}
