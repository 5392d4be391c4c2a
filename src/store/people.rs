//! Who and what was seen in a mailbox: addresses, handles and tags, for whoever completes or checks them. Not for frames.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;

use super::columns;
use super::error::Result;
use super::mailbox;
use crate::model::{Address, Handle, Role};

/// So many of the newest mails of a folder tell who is written to and from whom mail comes.
const NEWEST: u32 = 3000;

/// A mail counts half as much as one that is so much younger, in microseconds: 60 days.
const HALF: f64 = 60.0 * 24.0 * 3600.0 * 1e6;

/// Addresses from outside that have this in name or address (whatever the letters' case), newest first.
pub(crate) fn people(cache: &Connection, mailbox: Option<&str>, part: &str, limit: u32) -> Result<Vec<Address>> {
    let needle = part.trim().to_lowercase();
    let mut all: Vec<(i64, Address)> = Vec::new();
    let mut statement = cache.prepare_cached(
        "SELECT max(last_at), from_name, from_email FROM conversation
         WHERE mailbox = ?1 AND from_email <> '' AND (?2 = '' OR holds(?2, from_name, from_email))
         GROUP BY from_email ORDER BY 1 DESC LIMIT ?3",
    )?;
    for (id, _) in mailbox::scope(cache, mailbox)? {
        let rows = statement.query_map((id, &needle, limit), |row| {
            Ok((row.get(0)?, Address { name: row.get(1)?, email: row.get(2)? }))
        })?;
        for row in rows {
            all.push(row?);
        }
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut seen = BTreeSet::new();
    let mut people: Vec<Address> = all.into_iter().map(|(_, address)| address).collect();
    people.retain(|address| seen.insert(address.email.to_lowercase()));
    people.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(people)
}

/// Everybody who stands in From, To or Cc of the newest mails of INBOX, Sent and Archive, with whom there is most to do
/// first: many mails, and recent ones. Each place once, under the newest name that it was given.
pub(crate) fn correspondents(cache: &Connection, mailbox: i64, most: usize) -> Result<Vec<Address>> {
    let mut seen: HashMap<String, (f64, i64, Address)> = HashMap::new();
    let mut statement = cache.prepare_cached(
        "SELECT internal_date, \"from\", \"to\", cc FROM header WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    for role in Role::SYNCED {
        let Some((folder, _)) = mailbox::folder(cache, mailbox, role)? else { continue };
        let (first, last) = columns::keys_of(folder);
        let mut rows = statement.query((first, last, NEWEST))?;
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            for column in 1..=3 {
                let list: Vec<Address> = columns::unlist(row.get_ref(column)?.as_str().unwrap_or_default());
                for address in list.into_iter().filter(|address| !address.email.is_empty()) {
                    note(&mut seen, at, address);
                }
            }
        }
    }
    let mut all: Vec<(f64, i64, Address)> = seen.into_values().collect();
    let newest = all.iter().map(|(_, at, _)| *at).max().unwrap_or(0);
    // What was counted at the time of each place's newest mail is brought to one time.
    for (weight, at, _) in &mut all {
        *weight *= faded(newest - *at);
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.email.cmp(&b.2.email)));
    all.truncate(most);
    Ok(all.into_iter().map(|(_, _, address)| address).collect())
}

/// How much a mail still counts after so many microseconds.
fn faded(age: i64) -> f64 {
    (-(age.max(0) as f64) / HALF).exp2()
}

fn note(seen: &mut HashMap<String, (f64, i64, Address)>, at: i64, address: Address) {
    let Some((weight, newest, known)) = seen.get_mut(&address.email.to_lowercase()) else {
        seen.insert(address.email.to_lowercase(), (1.0, at, address));
        return;
    };
    *weight = if at > *newest { *weight * faded(at - *newest) + 1.0 } else { *weight + faded(*newest - at) };
    if address.name.is_some() && (at > *newest || known.name.is_none()) {
        *known = address;
    }
    *newest = (*newest).max(at);
}

/// Handles that hold something, or that the log knows to have done so or to have done something else; sorted. Whoever has
/// nothing in hand just now is not unknown.
pub(crate) fn handles(cache: &Connection, mailbox: Option<&str>) -> Result<Vec<Handle>> {
    let words = words(
        cache,
        mailbox,
        "SELECT DISTINCT claimants FROM conversation INDEXED BY conversation_claimed
         WHERE mailbox = ?1 AND claimants <> ''",
    )?;
    let mut handles: BTreeSet<Handle> = words.iter().filter_map(|word| Handle::new(word).ok()).collect();
    let mut statement = cache.prepare_cached(
        "SELECT DISTINCT claimants || ' ' || coalesce(\"by\", '') FROM change WHERE ?1 IS NULL OR mailbox = ?1",
    )?;
    for row in statement.query_map([mailbox], |row| row.get::<_, String>(0))? {
        handles.extend(row?.split(' ').filter_map(|word| Handle::new(word).ok()));
    }
    Ok(handles.into_iter().collect())
}

/// Tags in use, sorted.
pub(crate) fn tags(cache: &Connection, mailbox: Option<&str>) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT tags FROM conversation INDEXED BY conversation_tagged WHERE mailbox = ?1 AND tags <> ''";
    let mut tags: Vec<String> = words(cache, mailbox, sql)?.into_iter().collect();
    tags.sort_by_key(|tag| tag.to_ascii_lowercase());
    tags.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    Ok(tags)
}

fn words(cache: &Connection, mailbox: Option<&str>, sql: &str) -> Result<BTreeSet<String>> {
    let mut words = BTreeSet::new();
    let mut statement = cache.prepare_cached(sql)?;
    for (id, _) in mailbox::scope(cache, mailbox)? {
        let rows = statement.query_map([id], |row| row.get::<_, String>(0))?;
        for row in rows {
            words.extend(columns::words(&row?));
        }
    }
    Ok(words)
}
