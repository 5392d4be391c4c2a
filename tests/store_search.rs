//! What a search finds in the cache: words of headers and of the bodies that are here, kept right as mail comes and goes.

mod store_common;

use bagsy::model::*;
use bagsy::store::{Batch, Order, Reader, Search, Wanted, Writer};
use store_common::*;

/// Writes all words that are missing.
fn index(writer: &mut Writer) {
    while writer.write_words().unwrap() > 0 {}
}

fn search(view: View, query: &str) -> Search {
    Search {
        mailbox: SUPPORT.to_owned(),
        view,
        order: Order::NewestFirst,
        wanted: vec![Wanted::local(Query::parse(query).unwrap())],
        alike: None,
        most: None,
        now: at(1000),
        zone: jiff::tz::TimeZone::UTC,
    }
}

fn subjects(reader: &Reader, search: &Search) -> Vec<String> {
    reader.found(search, 0, None).unwrap().into_iter().map(|c| c.subject).collect()
}

#[track_caller]
fn assert_finds(cache: &Cache, query: &str, expected: &[&str]) {
    assert_eq!(subjects(&cache.reader(), &search(View::All, query)), expected, "{query}");
}

fn about(uid: u32, from: &str, subject: &str) -> Message {
    let mut m = mail(uid, &format!("{uid}"), "");
    m.subject = subject.to_owned();
    let (name, email) = from.split_once(" <").unwrap();
    m.from = vec![Address { name: Some(name.into()), email: email.trim_end_matches('>').into() }];
    m
}

fn body(cache: &mut Cache, role: Role, uid: u32, text: &str) {
    let raw = format!("Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n");
    cache.writer.put_body(SUPPORT, role, Uid(uid), raw.as_bytes(), true, "[]").unwrap();
    index(&mut cache.writer);
}

/// Four questions, newest first: Rechnung (claimed by bob), fire (urgent, billing), 請求書, seats.
fn four() -> Cache {
    let mut cache = Cache::new();
    let mut seats = about(1, "Mika Tanaka <mika@tanaka.example>", "Quote for 40 seats");
    seats.cc = vec![Address { name: Some("Priya Raman".into()), email: "priya@raman.example".into() }];
    cache.add(vec![
        seats,
        about(2, "Hanako <hanako@example.jp>", "今月の請求書について"),
        about(3, "Dana Reyes <dana@reyes.example>", "Printer on fire"),
        about(4, "Søren Ål <soren@aal.example>", "Rückfrage zu Rechnung 118"),
    ]);
    cache.flag(Role::Inbox, 4, "\\Seen bagsy-claim-bob");
    cache.flag(Role::Inbox, 3, "\\Flagged billing");
    index(&mut cache.writer);
    cache
}

const SEATS: &str = "Quote for 40 seats";
const BILL_JP: &str = "今月の請求書について";
const FIRE: &str = "Printer on fire";
const RECHNUNG: &str = "Rückfrage zu Rechnung 118";

#[test]
fn words_of_headers_are_found_by_their_beginning_without_case_and_diacritics() {
    let cache = four();
    assert_finds(&cache, "print", &[FIRE]);
    assert_finds(&cache, "RUCKFRAGE rechn", &[RECHNUNG]);
    assert_finds(&cache, "dana@reyes.example", &[FIRE]);
    assert_finds(&cache, "\"on fire\"", &[FIRE]);
    assert_finds(&cache, "\"fire on\"", &[]);
    assert_finds(&cache, "\"print\"", &[]);
    assert_finds(&cache, "from:dana", &[FIRE]);
    assert_finds(&cache, "subject:dana", &[]);
    assert_finds(&cache, "to:priya", &[SEATS]);
    assert_finds(&cache, "support", &[RECHNUNG, FIRE, BILL_JP, SEATS]);
    assert_finds(&cache, "", &[RECHNUNG, FIRE, BILL_JP, SEATS]);
}

#[test]
fn letters_of_scripts_without_blanks_are_found_wherever_they_stand() {
    let cache = four();
    assert_finds(&cache, "請求", &[BILL_JP]);
    assert_finds(&cache, "求書", &[BILL_JP]);
    assert_finds(&cache, "書請", &[]);
}

#[test]
fn states_tags_and_holders_are_those_of_the_row() {
    let cache = four();
    assert_finds(&cache, "tag:Billing", &[FIRE]);
    assert_finds(&cache, "tag:bill", &[]);
    assert_finds(&cache, "who:bob", &[RECHNUNG]);
    assert_finds(&cache, "who:me", &[]);
    assert_finds(&cache, "who:none is:urgent", &[FIRE]);
    assert_finds(&cache, "-is:unread", &[RECHNUNG]);
    assert_finds(&cache, "is:open -tag:billing -who:bob", &[BILL_JP, SEATS]);
    assert_finds(&cache, "is:unclaimed -請求書", &[FIRE, SEATS]);
    let unclaimed = search(View::Unclaimed, "");
    assert_eq!(subjects(&cache.reader(), &unclaimed), [FIRE, BILL_JP, SEATS]);
}

#[test]
fn words_and_dates_are_looked_for_in_one_message_and_a_minus_in_all() {
    let mut cache = four();
    let mut again = answer(1, "answer", "3");
    (again.internal_date, again.subject) = (at(500), "Re: Printer on fire".into());
    cache.add(vec![again]);
    index(&mut cache.writer);
    // The question is from the third minute, the answer from much later.
    let until = "2026-09-22";
    assert_finds(&cache, &format!("after:{until}"), &[]);
    assert_finds(&cache, "after:9h", &[FIRE]);
    assert_finds(&cache, "-after:9h", &[RECHNUNG, BILL_JP, SEATS]);
    assert_finds(&cache, "after:9h from:dana", &[]);
    assert_finds(&cache, "after:9h from:support", &[FIRE]);
    assert_finds(&cache, "before:9h fire", &[FIRE]);
    assert_finds(&cache, "before:9h \"re\"", &[]);
    assert_finds(&cache, "before:9h", &[FIRE, RECHNUNG, BILL_JP, SEATS]);
    assert_finds(&cache, "-from:support", &[RECHNUNG, BILL_JP, SEATS]);
}

#[test]
fn a_text_is_found_while_it_is_in_the_cache() {
    let mut cache = four();
    assert_finds(&cache, "smoking", &[]);
    body(&mut cache, Role::Inbox, 3, "It is smoking again. Größe: 4");
    assert_finds(&cache, "smoking", &[FIRE]);
    assert_finds(&cache, "body:grosse", &[]);
    assert_finds(&cache, "body:große printer", &[FIRE]);
    assert_finds(&cache, "body:printer", &[]);
    let reach = cache.reader().reach(SUPPORT).unwrap();
    assert_eq!((reach.bodies, reach.unwritten, reach.has_all_bodies()), (1, 0, false));
    // More of it came.
    body(&mut cache, Role::Inbox, 3, "It is drowned now.");
    assert_finds(&cache, "smoking", &[]);
    assert_finds(&cache, "drowned", &[FIRE]);
    cache.writer.prune(0).unwrap();
    assert_eq!(cache.reader().reach(SUPPORT).unwrap().unwritten, 1);
    index(&mut cache.writer);
    assert_finds(&cache, "drowned", &[]);
    assert_finds(&cache, "printer", &[FIRE]);
}

#[test]
fn html_is_found_as_it_is_shown_and_files_by_their_names() {
    let mut cache = four();
    let raw = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
               <p class=hidden>Caf&eacute; <b>noir</b></p>\r\n--b\r\nContent-Type: image/png\r\n\
               Content-Disposition: attachment; filename=smoke.png\r\n\r\nx\r\n--b--\r\n";
    cache.writer.put_body(SUPPORT, Role::Inbox, Uid(1), raw.as_bytes(), true, "[]").unwrap();
    index(&mut cache.writer);
    assert_finds(&cache, "\"cafe noir\"", &[SEATS]);
    assert_finds(&cache, "hidden", &[]);
    assert_finds(&cache, "smoke.png", &[SEATS]);
}

#[test]
fn mail_that_goes_is_found_no_longer_and_mail_that_comes_is() {
    let mut cache = four();
    body(&mut cache, Role::Inbox, 3, "It is smoking again.");
    cache.vanish(Role::Inbox, &[3]);
    assert_finds(&cache, "printer", &[]);
    assert_finds(&cache, "smoking", &[]);
    // It was moved: other folder, other UID.
    let mut moved = about(9, "Dana Reyes <dana@reyes.example>", FIRE);
    moved.folder = Role::Archive;
    cache.add(vec![moved]);
    assert_eq!(cache.reader().reach(SUPPORT).unwrap().unwritten, 1);
    index(&mut cache.writer);
    assert_finds(&cache, "printer", &[FIRE]);
    assert_finds(&cache, "printer is:done", &[FIRE]);
    // Another UIDVALIDITY: nothing of what was known is found.
    let mut state = batch().state;
    state.uidvalidity = UidValidity(2);
    cache.writer.apply(SUPPORT, Role::Inbox, Batch { state, ..batch() }, false).unwrap();
    assert_finds(&cache, "", &[FIRE]);
    assert_finds(&cache, "rechnung", &[]);
    cache.writer.forget_mailboxes_but(&[]).unwrap();
    assert_eq!(cache.writer.write_words().unwrap(), 0);
}

#[test]
fn what_the_server_found_is_found_too() {
    let cache = four();
    let mut wanted = search(View::All, "smoking -drowned");
    wanted.wanted[0].also =
        vec![(Role::Inbox, Uid(3)), (Role::Inbox, Uid(1)), (Role::Inbox, Uid(77)), (Role::Trash, Uid(1))];
    assert_eq!(subjects(&cache.reader(), &wanted), [FIRE, SEATS]);
    wanted.wanted[0].but = vec![(Role::Inbox, Uid(1))];
    assert_eq!(subjects(&cache.reader(), &wanted), [FIRE]);
    // Narrowed once more, by the cache alone.
    wanted.wanted.push(Wanted::local(Query::parse("from:mika").unwrap()));
    assert_eq!(subjects(&cache.reader(), &wanted), [""; 0]);
}

#[test]
fn pages_count_and_places_are_those_of_one_list_also_after_a_write() {
    let mut cache = four();
    let reader = cache.reader();
    let open = search(View::Inbox, "is:unread");
    assert_eq!(reader.found_count(&open).unwrap(), 3);
    let page = reader.found(&open, 1, Some(1)).unwrap();
    assert_eq!(page[0].subject, BILL_JP);
    assert_eq!(reader.found_position(&open, &page[0].root).unwrap(), Some(1));
    assert_eq!(reader.found_position(&open, "nobody").unwrap(), None);
    assert!(reader.found(&open, 7, Some(3)).unwrap().is_empty());
    cache.flag(Role::Inbox, 3, "\\Seen");
    assert_eq!(reader.found_count(&open).unwrap(), 2);
    assert_eq!(reader.found_position(&open, &page[0].root).unwrap(), Some(0));
    let waits = Search { order: Order::OldestWait, ..open };
    assert_eq!(subjects(&reader, &waits), [SEATS, BILL_JP]);
}

#[test]
fn while_one_types_the_newest_of_each_folder_are_enough_and_that_is_told() {
    let mut cache = four();
    let mut archived = about(9, "Dana Reyes <dana@reyes.example>", "Old support case");
    archived.folder = Role::Archive;
    cache.add(vec![archived]);
    index(&mut cache.writer);
    let reader = cache.reader();
    let all = search(View::All, "support");
    assert!(!reader.found_is_cut(&all).unwrap());
    assert_eq!(reader.found_count(&all).unwrap(), 5);
    let typed = Search { most: Some(2), ..all };
    assert_eq!(subjects(&reader, &typed), ["Old support case", RECHNUNG, FIRE]);
    assert!(reader.found_is_cut(&typed).unwrap());
    let dated = Search { wanted: vec![Wanted::local(Query::parse("support after:9h").unwrap())], ..typed.clone() };
    assert_eq!(subjects(&reader, &dated), [""; 0]);
    let enough = Search { most: Some(4), ..typed };
    assert_eq!(reader.found_count(&enough).unwrap(), 5);
    assert!(!reader.found_is_cut(&enough).unwrap());
}

#[test]
fn two_mailboxes_of_one_cache_are_searched_apart() {
    let mut cache = four();
    cache.writer.put_mailbox(&mailbox("sales@example.test"), None).unwrap();
    let other = Batch { messages: vec![about(1, "Ana <ana@x.example>", "Printer for sale")], ..batch() };
    cache.writer.apply("sales@example.test", Role::Inbox, other, false).unwrap();
    index(&mut cache.writer);
    assert_finds(&cache, "printer", &[FIRE]);
    let there = Search { mailbox: "sales@example.test".into(), ..search(View::All, "printer") };
    assert_eq!(subjects(&cache.reader(), &there), ["Printer for sale"]);
}

#[test]
fn an_older_cache_is_indexed_as_it_is_brought_up_to_date() {
    let Cache { writer, folder: _folder } = four();
    let path = writer.path().to_owned();
    drop(writer);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch(
        "DROP TRIGGER search_comes; DROP TRIGGER search_goes; DROP TRIGGER search_body_comes;
         DROP TRIGGER search_body_goes; DROP TABLE search; DROP TABLE unsearched;
         DROP INDEX header_of_report; DROP INDEX header_by_list; ALTER TABLE header DROP COLUMN list_id; PRAGMA user_version = 2;",
    )
    .unwrap();
    drop(old);
    let mut writer = Writer::open(&path, Some(&handle("alice"))).unwrap();
    index(&mut writer);
    assert_eq!(subjects(&Reader::open(&path).unwrap(), &search(View::All, "printer")), [FIRE]);
}

#[test]
fn what_is_like_one_comes_over_its_list_or_from_its_sender() {
    let mut cache = Cache::new();
    let over = |uid, from: &str, list: &str| {
        let mut m = about(uid, from, &format!("Mail {uid}"));
        m.list_id = (!list.is_empty()).then(|| list.to_owned());
        m
    };
    cache.add(vec![
        over(1, "News <a@news.example>", "weekly.news.example"),
        over(2, "Editor <b@news.example>", "weekly.news.example"),
        over(3, "Shop <shop@other.example>", "offers.other.example"),
        over(4, "Group <dana@reyes.example>", "support.example.test"),
        over(5, "Dana <Dana@Reyes.example>", ""),
        over(6, "Sam <sam@reyes.example>", ""),
        over(7, "Else <x@notreyes.example>", ""),
    ]);
    let reader = cache.reader();
    let like = |uid: u32| {
        let page = reader.found(&search(View::All, ""), 0, None).unwrap();
        let c = page.into_iter().find(|c| c.subject == format!("Mail {uid}")).unwrap();
        Alike::of(&c, &reader.thread(SUPPORT, &c.root).unwrap(), &mailbox(SUPPORT)).unwrap()
    };
    let found = |alike: &Alike| {
        let of = Search { alike: Some(alike.clone()), order: Order::OldestWait, ..search(View::All, "") };
        subjects(&reader, &of).join(" ").replace("Mail ", "")
    };
    let wider = |alike: &Alike| alike.wider().unwrap();
    let list = like(1);
    assert_eq!((list.to_string(), found(&list)), ("of the list weekly.news.example".into(), "1 2".into()));
    assert_eq!(list.wider(), None);
    // The mailbox's own group tells nothing: every mail of it has come over that.
    assert_eq!(found(&Alike::any_list(&mailbox(SUPPORT))), "1 2 3");
    let sender = like(4);
    assert_eq!((sender.to_string(), found(&sender)), ("from dana@reyes.example".into(), "4 5".into()));
    assert_eq!(found(&wider(&sender)), "4 5 6");
    // Only within what is shown.
    let done = Search { alike: Some(sender), ..search(View::Done, "") };
    assert!(subjects(&reader, &done).is_empty());
}
