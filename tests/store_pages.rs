//! Pages, counts and places of a queue.

mod store_common;

use bagsy::model::*;
use bagsy::store::{Batch, Order, PageQuery};
use store_common::*;

const SALES: &str = "sales@example.test";

fn roots(cache: &Cache, query: &PageQuery) -> Vec<String> {
    cache.reader().page(query).unwrap().into_iter().map(|c| c.root).collect()
}

/// a waits since 1, b since 2; c and d wait for nothing; e is done; f is alice's, g bob's.
fn queue() -> Cache {
    let mut cache = Cache::new();
    cache.add(vec![mail(3, "c", ""), mail(4, "d", ""), mail(1, "a", ""), mail(2, "b", ""), mail(5, "e", "")]);
    cache.flag(Role::Inbox, 3, "\\Answered");
    cache.flag(Role::Inbox, 4, "\\Answered");
    cache.flag(Role::Inbox, 5, "bagsy-done");
    cache.add(vec![mail(6, "f", ""), mail(7, "g", "")]);
    cache.flag(Role::Inbox, 6, "bagsy-claim-alice");
    cache.flag(Role::Inbox, 7, "bagsy-claim-bob");
    cache.writer.put_mailbox(&mailbox(SALES), None).unwrap();
    let messages = vec![mail(1, "s", ""), Message { internal_date: at(2), ..mail(9, "t", "") }];
    cache.writer.apply(SALES, Role::Inbox, Batch { messages, ..batch() }, false).unwrap();
    cache
}

#[test]
fn whoever_waits_longest_comes_first_and_who_waits_for_nothing_last() {
    let cache = queue();
    assert_eq!(roots(&cache, &PageQuery::new(Some(SUPPORT), View::Unclaimed)), ["a", "b", "c", "d"]);
    assert_eq!(roots(&cache, &PageQuery::new(Some(SUPPORT), View::Inbox)), ["a", "b", "f", "g", "c", "d"]);
    assert_eq!(roots(&cache, &PageQuery::new(Some(SUPPORT), View::Mine)), ["f"]);
    assert_eq!(roots(&cache, &PageQuery::new(Some(SUPPORT), View::Team)), ["g"]);
    assert_eq!(roots(&cache, &PageQuery::new(Some(SUPPORT), View::Done)), ["e"]);
    assert_eq!(roots(&cache, &PageQuery::new(Some("none@example.test"), View::All)), Vec::<String>::new());
    let newest = PageQuery { order: Order::NewestFirst, ..PageQuery::new(Some(SUPPORT), View::All) };
    assert_eq!(roots(&cache, &newest), ["g", "f", "e", "d", "c", "b", "a"]);
}

#[test]
fn several_mailboxes_are_one_queue() {
    let cache = queue();
    let all = PageQuery { order: Order::NewestFirst, ..PageQuery::new(None, View::All) };
    assert_eq!(roots(&cache, &all).len(), 9);
    let page = cache.reader().page(&PageQuery { limit: Some(4), ..PageQuery::new(None, View::Unclaimed) }).unwrap();
    let shown: Vec<(&str, &str)> = page.iter().map(|c| (c.mailbox.as_str(), c.root.as_str())).collect();
    assert_eq!(shown[..2].iter().filter(|(mailbox, _)| *mailbox == SALES).count(), 1);
    assert_eq!(shown.iter().filter(|(mailbox, _)| *mailbox == SALES).count(), 2);
}

#[test]
fn every_page_and_every_place_agree_in_every_view_order_and_filter() {
    let cache = queue();
    let reader = cache.reader();
    for mailbox in [None, Some(SUPPORT)] {
        for view in View::ALL {
            for order in [Order::OldestWait, Order::NewestFirst] {
                for filter in [None, Some("ABOUT C".to_owned()), Some("carla".to_owned()), Some("nowhere".to_owned())] {
                    let query = PageQuery { order, filter, ..PageQuery::new(mailbox, view) };
                    let whole = reader.page(&query).unwrap();
                    assert_eq!(reader.count(&query).unwrap() as usize, whole.len(), "{query:?}");
                    for (place, row) in whole.iter().enumerate() {
                        let offset = u32::try_from(place).unwrap();
                        let one = PageQuery { offset, limit: Some(1), ..query.clone() };
                        assert_eq!(&reader.page(&one).unwrap(), std::slice::from_ref(row));
                        assert_eq!(reader.position_in(&query, &row.mailbox, &row.root).unwrap(), Some(offset));
                    }
                }
                if let Some(mailbox) = mailbox {
                    let is_shown = reader.position(mailbox, "e", view, order).unwrap().is_some();
                    assert_eq!(is_shown, matches!(view, View::Done | View::All));
                }
            }
        }
    }
    assert_eq!(reader.position(SUPPORT, "nobody", View::All, Order::OldestWait).unwrap(), None);
}

#[test]
fn a_filter_knows_no_case_in_any_script() {
    let mut cache = Cache::new();
    let mut odd = mail(1, "a", "");
    odd.subject = "Rückfrage zu ÄRGER 100%".into();
    odd.from = vec![Address { name: Some("Søren Ål".into()), email: "s@x.test".into() }];
    cache.add(vec![odd, mail(2, "b", "")]);
    for found in ["ärger", "SØREN å", "S@X", "100%", " zu "] {
        let query = PageQuery { filter: Some(found.into()), ..PageQuery::new(Some(SUPPORT), View::Inbox) };
        assert_eq!(roots(&cache, &query), ["a"], "{found}");
    }
    let query = PageQuery { filter: Some("  ".into()), ..PageQuery::new(Some(SUPPORT), View::Inbox) };
    assert_eq!(roots(&cache, &query).len(), 2);
}

#[test]
fn people_handles_and_tags_in_use_are_known() {
    let mut cache = queue();
    cache.flag(Role::Inbox, 1, "VIP bagsy-claim-dora bagsy-claim-eve");
    cache.flag(Role::Inbox, 2, "vip billing");
    let reader = cache.reader();
    let handles: Vec<String> = reader.handles(Some(SUPPORT)).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(handles, ["alice", "bob", "dora", "eve"]);
    assert_eq!(reader.tags(None).unwrap(), ["billing", "VIP"]);
    let people = reader.people(Some(SUPPORT), "CARLA", 3).unwrap();
    assert_eq!(
        people.iter().map(|p| p.email.as_str()).collect::<Vec<_>>(),
        ["g@customer.test", "f@customer.test", "e@customer.test"]
    );
    assert_eq!(reader.people(None, "a@cust", 3).unwrap().len(), 1);
}

#[test]
fn far_pages_are_the_same_from_wherever_one_comes() {
    let mut cache = Cache::new();
    // Ties in every column: a wait of one minute for ten of them, and every other waits for nothing.
    let messages = (1..=1500).map(|n| {
        let mut mail = mail(n, &format!("m{n}"), "");
        mail.internal_date = at(i64::from(n / 10));
        mail.flags = flags(if n % 2 == 0 { "\\Answered" } else { "" });
        if n % 3 == 0 {
            mail.flags.keywords.push("bagsy-done".into());
        }
        mail
    });
    cache.add(messages.collect());
    let reader = cache.reader();
    for (view, filter) in [(View::All, None), (View::Inbox, None), (View::All, Some("about".to_owned()))] {
        for order in [Order::OldestWait, Order::NewestFirst] {
            let query = PageQuery { order, filter: filter.clone(), ..PageQuery::new(Some(SUPPORT), view) };
            let whole = cache.reader().page(&query).unwrap();
            for offset in [700, 701, 720, 719, 650, 999, 998, 520, 1400, 3, 600, 499, 501, 2000, 800] {
                let page = reader.page(&PageQuery { offset, limit: Some(20), ..query.clone() }).unwrap();
                let expected: Vec<_> = whole.iter().skip(offset as usize).take(20).cloned().collect();
                assert_eq!(page, expected, "{view} {order:?} {offset}");
            }
        }
    }
    let query = PageQuery { offset: 900, limit: Some(5), ..PageQuery::new(Some(SUPPORT), View::All) };
    reader.page(&query).unwrap();
    cache.vanish(Role::Inbox, &(1..200).collect::<Vec<_>>());
    assert_eq!(reader.page(&query).unwrap(), cache.reader().page(&query).unwrap(), "somebody has written");
}
