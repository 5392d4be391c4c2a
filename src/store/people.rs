//! Who and what was seen in a mailbox: addresses, handles and tags, for whoever completes or checks them. Not for frames.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::columns;
use super::error::Result;
use super::mailbox;
use crate::model::{Address, Handle};

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

/// Handles that hold something, sorted.
pub(crate) fn handles(cache: &Connection, mailbox: Option<&str>) -> Result<Vec<Handle>> {
    let words = words(
        cache,
        mailbox,
        "SELECT DISTINCT claimants FROM conversation INDEXED BY conversation_claimed
         WHERE mailbox = ?1 AND claimants <> ''",
    )?;
    Ok(words.iter().filter_map(|word| Handle::new(word).ok()).collect())
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
