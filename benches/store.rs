//! The cache alone: 100 000 mails, newest first, in batches, as a first sync brings them; then the frames after it.

#[path = "../tests/store_common/mod.rs"]
mod store_common;

use std::time::Instant;

use bagsy::model::*;
use bagsy::store::{Batch, Order, PageQuery, Search, Wanted};
use store_common::*;

/// What this thread has had of the processor.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) }, 0);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn main() {
    let total: u32 = 100_000;
    let mut cache = Cache::new();
    let make = |uid: u32| {
        let thread = uid % (total / 3);
        let step = uid / (total / 3);
        let first = format!("{thread}.0.0123456789abcdef@mail.customer.test");
        let id = format!("{thread}.{step}.0123456789abcdef@mail.customer.test");
        let references: Vec<String> =
            (0..step).map(|s| format!("{thread}.{s}.0123456789abcdef@mail.customer.test")).collect();
        let mut m = mail(uid, &id, &references.join(" "));
        m.internal_date = at(i64::from(uid));
        m.from_raw = format!("Carla Customer <{first}>");
        // A word that all have, one that a hundredth has, one that few have.
        m.subject = format!("About order {uid}, batch b{}, lot l{}", uid % 100, uid % 20_000);
        m
    };
    let mut spent = 0.0;
    let size = 1000;
    let mut high = total;
    while high > 0 {
        let low = high.saturating_sub(size);
        let messages = (low + 1..=high).map(make).collect();
        let began = cpu_seconds();
        cache.writer.apply(SUPPORT, Role::Inbox, Batch { messages, ..batch() }, true).unwrap();
        spent += cpu_seconds() - began;
        high = low;
    }
    println!("filled in {spent:.2} s of CPU");
    println!("file: {} MB", std::fs::metadata(cache.path()).unwrap().len() / 1_000_000);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    let reader = cache.reader();
    for (view, order, offset) in [
        (View::Inbox, Order::OldestWait, 0),
        (View::Inbox, Order::NewestFirst, 0),
        (View::Inbox, Order::OldestWait, 16_000),
        (View::Inbox, Order::OldestWait, 33_000),
        (View::All, Order::NewestFirst, 33_000),
        (View::Unclaimed, Order::OldestWait, 0),
    ] {
        let query = PageQuery { order, offset, limit: Some(50), ..PageQuery::new(Some(SUPPORT), view) };
        reader.page(&query).unwrap();
        let began = Instant::now();
        let page = reader.page(&query).unwrap();
        let paged = began.elapsed();
        let began = Instant::now();
        let place = reader.position(SUPPORT, &page[0].root, view, order).unwrap();
        assert_eq!(place, Some(offset));
        println!("{view} {order:?} from {offset}: page {paged:?}, position {:?}", began.elapsed());
    }
    let began = Instant::now();
    let counts = reader.counts(Some(SUPPORT)).unwrap();
    println!("{} conversations, counts {:?}", counts.get(View::All), began.elapsed());
    let query = PageQuery { filter: Some("nowhere".into()), ..PageQuery::new(Some(SUPPORT), View::All) };
    let began = Instant::now();
    reader.page(&query).unwrap();
    println!("filter that finds nothing {:?}", began.elapsed());
    let began = Instant::now();
    cache.flag(Role::Inbox, total, "bagsy-claim-bob");
    println!("one claim {:?}", began.elapsed());
    let began = Instant::now();
    assert_eq!(reader.known_uids(SUPPORT, Role::Inbox).unwrap().len(), 100_000);
    println!("known uids {:?}", began.elapsed());
    let began = Instant::now();
    reader.data_version().unwrap();
    println!("data version {:?}", began.elapsed());
    let began = Instant::now();
    println!("people {} {:?}", reader.people(None, "carla", 10).unwrap().len(), began.elapsed());
    searches(&mut cache);
}

/// Writing the index, then each search beside a bare MATCH on an index like it: the same words, rowids alone.
fn searches(cache: &mut Cache) {
    let began = cpu_seconds();
    while cache.writer.write_words().unwrap() > 0 {}
    println!("words of 100 000 headers written in {:.2} s of CPU", cpu_seconds() - began);
    println!("file: {} MB", std::fs::metadata(cache.path()).unwrap().len() / 1_000_000);
    let reader = cache.reader();
    let bare = rusqlite::Connection::open(cache.path()).unwrap();
    println!("search                   hits   bare FTS5    typed, first page        kept, first page   next page");
    for (text, bare_text) in [
        ("l777", "\"l777\" *"),
        ("b42", "\"b42\" *"),
        ("about", "\"about\" *"),
        ("a", "\"a\" *"),
        ("from:carla b42", "sender : \"carla\" * AND \"b42\" *"),
        ("about is:unread -l777", "\"about\" *"),
    ] {
        let median = |mut run: Box<dyn FnMut() -> usize + '_>| {
            let mut times: Vec<(std::time::Duration, usize)> = (0..9)
                .map(|_| {
                    let began = Instant::now();
                    let hits = run();
                    (began.elapsed(), hits)
                })
                .collect();
            times.sort();
            times[4]
        };
        let (bare_time, _) = median(Box::new(|| {
            let mut statement = bare.prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1").unwrap();
            let rows = statement.query_map([bare_text], |row| row.get::<_, i64>(0)).unwrap();
            rows.map(Result::unwrap).collect::<Vec<_>>().len()
        }));
        let search = |asked: i64, most: Option<u32>| Search {
            mailbox: SUPPORT.to_owned(),
            view: View::All,
            order: Order::NewestFirst,
            wanted: vec![Wanted::local(Query::parse(text).unwrap())],
            alike: None,
            most,
            // Another moment each time: nothing is answered from the last one.
            now: at(asked),
            zone: jiff::tz::TimeZone::UTC,
        };
        let asked = std::cell::Cell::new(0);
        let first_page = |most: Option<u32>| {
            asked.set(asked.get() + 1);
            let search = search(asked.get(), most);
            assert!(!reader.found(&search, 0, Some(50)).unwrap().is_empty());
            reader.found_count(&search).unwrap() as usize
        };
        let (typed, _) = median(Box::new(|| first_page(Some(2000))));
        let (whole, hits) = median(Box::new(|| first_page(None)));
        let (next, _) = median(Box::new(|| reader.found(&search(asked.get(), None), 50, Some(50)).unwrap().len()));
        let beside = |time: std::time::Duration| time.as_secs_f64() / bare_time.as_secs_f64();
        println!(
            "{text:22} {hits:6} {bare_time:>11.1?} {typed:>11.1?} ({:>4.1} x) {whole:>11.1?} ({:>4.1} x) {next:>11.1?}",
            beside(typed),
            beside(whole)
        );
    }
}
