//! The screen over a real store.

use super::stage::Stage;
use crate::engine::kept::{Content, SavedDraft};
use crate::mail::header;
use crate::model::{Flags, ModSeq, Role, Uid, UidValidity};
use crate::store::{Batch, FolderState, Reader, Writer};
use crate::tui::cache::{Caches, Desks};
use crate::tui::fake::{NOW, SUPPORT, at, mailbox};
use crate::tui::source::{Drafts, Order, Source};

const MAIL: &[u8] = b"From: Dana Reyes <dana@reyes.example>\r\nTo: support@example.test\r\nSubject: Printer\r\n\
Message-ID: <a@reyes.example>\r\nDate: Tue, 24 Nov 2026 13:36:00 +0000\r\nContent-Type: text/plain\r\n\r\nIt smokes.\r\n";

#[test]
fn rows_bodies_and_drafts_come_from_the_store() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("cache.db");
    let mut writer = Writer::open(&path, Some(&crate::tui::fake::handle("alice"))).unwrap();
    writer.put_mailbox(&mailbox(), None).unwrap();
    let message = header::message(Role::Inbox, Uid(1), Some(ModSeq(1)), at(NOW), 300, Flags::default(), MAIL);
    let state = FolderState {
        name: mailbox().root,
        uidvalidity: UidValidity(1),
        uidnext: Uid(2),
        known_from: Uid(1),
        highest_modseq: Some(ModSeq(1)),
        exists: 1,
    };
    let batch = Batch { reset: true, state: state.clone(), messages: vec![message], flags: vec![], vanished: vec![] };
    writer.apply(SUPPORT, Role::Inbox, batch, true).unwrap();
    writer.put_body(SUPPORT, Role::Inbox, Uid(1), MAIL, true, "[]").unwrap();

    let caches = Caches::new(vec![Reader::open(&path).unwrap()]);
    assert!(caches.is_whole(SUPPORT).unwrap());
    let page = caches.page(SUPPORT, crate::model::View::Unclaimed, Order::OldestWait, 0, 10).unwrap();
    let root = page[0].root.clone();
    assert_eq!(caches.position(SUPPORT, &root, crate::model::View::Inbox, Order::Newest).unwrap(), Some(0));
    assert_eq!(caches.body(SUPPORT, Role::Inbox, Uid(1)).unwrap().unwrap().text, "It smokes.");
    assert!(caches.counts("elsewhere@example.test").is_err());

    let mut desks = Desks::open(&[&path]).unwrap();
    let target = crate::engine::message::Target { mailbox: SUPPORT.into(), root };
    let content = Content { to: "Dana <da".into(), body: "Hi".into(), ..Content::default() };
    let (hand, found) = ("one".to_owned(), None);
    let draft = SavedDraft { target: target.clone(), content: content.clone(), saved_at: at(NOW), hand, found };
    desks.put(&draft).unwrap();
    assert_eq!(caches.draft(&target).unwrap().unwrap().content, content);
    let texts = caches.drafts().unwrap();
    assert_eq!(texts.len(), 1);
    assert_eq!((&texts[0].target, texts[0].to.as_str(), texts[0].is_homeless), (&target, "Dana <da", false));

    // The same rows on a screen.
    let mut s = Stage::new(80, 24);
    let settings = s.app.settings.clone();
    s.app = crate::tui::app::App::new(settings, at(NOW), s.app.size);
    let tick = crate::tui::message::Message::Tick;
    crate::tui::update::update(&mut s.app, &caches, &s.theme, tick);
    assert!(s.shows("Dana Reyes") && s.shows("draft Printer"), "{}", s.screen());
    desks.forget(&draft).unwrap();
    assert_eq!(caches.drafts().unwrap(), []);

    // The conversation goes; what was begun for it goes on as a new mail, and lies nowhere else then.
    desks.put(&draft).unwrap();
    let gone = Batch {
        reset: false,
        state: FolderState { exists: 0, ..state },
        messages: vec![],
        flags: vec![],
        vanished: vec![Uid(1)],
    };
    writer.apply(SUPPORT, Role::Inbox, gone, true).unwrap();
    assert!(caches.drafts().unwrap()[0].is_homeless);
    let moved = caches.draft(&target).unwrap().unwrap().as_new_mail();
    let Content { answered, body, to, .. } = &moved.content;
    assert_eq!((answered.as_str(), body.as_str(), to.as_str()), ("", "Hi", "Dana <da"));
    desks.put(&moved).unwrap();
    let texts = caches.drafts().unwrap();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].target.is_opening() && !texts[0].is_homeless);
    desks.forget(&moved).unwrap();
    assert!(Desks::open(&[]).unwrap().forget(&draft).is_err());
}
