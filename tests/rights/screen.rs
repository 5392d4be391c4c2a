//! What a person's screen lets them do, over their own cache: the real state and the real rule, without a terminal.

use bagsy::model::Conversation;
use bagsy::store::Reader;
use bagsy::tui::app::{Account, App, Settings};
use bagsy::tui::glyphs::GlyphSet;
use bagsy::tui::keymap::Act;
use bagsy::tui::message::Message;
use bagsy::tui::rights;
use bagsy::tui::theme::{Theme, ThemeChoice};
use bagsy::tui::update::update;
use ratatui::layout::Size;

use super::support::device::Device;

/// Why a key would do nothing, with the cursor on this conversation; `None`: it may be pressed.
pub fn why_not(device: &Device, conversation: &Conversation, act: Act) -> Option<String> {
    let mut app = screen(device);
    app.queue.turn_to(bagsy::model::View::All);
    app.queue.is_touched = true;
    app.queue.root = Some(conversation.root.clone());
    app.is_stale = true;
    tick(&mut app, &device.link.reader);
    let under_the_cursor = app.subject().map(|c| c.root);
    assert_eq!(under_the_cursor.as_ref(), Some(&conversation.root), "the cursor is elsewhere");
    let key = device.mailbox.key().to_owned();
    let is_answering = matches!(act, Act::Reply | Act::Forward | Act::New);
    rights::why_not(&app, act).or_else(|| rights::why_unannounced(&app, &key).filter(|_| is_answering))
}

fn screen(device: &Device) -> App {
    let mut settings = Settings::default();
    let account = Account { handle: Some(device.handle()), ..Account::default() };
    settings.accounts.insert("work".to_owned(), account);
    App::new(settings, jiff::Timestamp::now(), Size { width: 120, height: 40 })
}

fn tick(app: &mut App, reader: &Reader) {
    let theme = Theme::for_terminal(&ThemeChoice::Dark, GlyphSet::Unicode);
    update(app, reader, &theme, Message::Tick);
}
