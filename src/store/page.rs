//! Pages of a queue, counts of its views, and where in a view a conversation stands.
//!
//! Every question is a walk along an index. A view that is made of several runs of an index (All; several mailboxes in one
//! queue) is a merge of these runs, which SQLite does without sorting.

use rusqlite::types::Value;
use rusqlite::{Connection, functions::FunctionFlags, params_from_iter};

use super::columns;
use super::error::Result;
use super::{mailbox, row};
use crate::model::{Conversation, View};
use crate::wire::identity::conversation_id;

/// The order of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Whoever has waited longest first; those who wait for nothing last, the longest untouched of them first.
    #[default]
    OldestWait,
    /// The newest message first.
    NewestFirst,
}

/// Which part of which queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// The mailbox's key; `None`: all mailboxes in one queue.
    pub mailbox: Option<String>,
    pub view: View,
    pub order: Order,
    pub offset: u32,
    /// `None`: to the end.
    pub limit: Option<u32>,
    /// Only conversations with this in subject or sender, whatever the letters' case.
    pub filter: Option<String>,
}

impl PageQuery {
    /// The whole of one view of one mailbox (or of all), oldest wait first.
    pub fn new(mailbox: Option<&str>, view: View) -> Self {
        let mailbox = mailbox.map(str::to_owned);
        Self { mailbox, view, order: Order::OldestWait, offset: 0, limit: None, filter: None }
    }

    /// What the filter looks for, folded; `None` where it lets everything pass.
    fn needle(&self) -> Option<String> {
        self.filter.as_deref().map(fold).filter(|needle| !needle.is_empty())
    }
}

/// How many conversations each view shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u32; View::ALL.len()]);

impl Counts {
    /// How many this view shows.
    pub fn get(&self, view: View) -> u32 {
        View::ALL.iter().zip(self.0).find(|(v, _)| **v == view).map_or(0, |(_, count)| count)
    }
}

/// A run of an index: the conversations of one mailbox in one home, or open, or not open.
#[derive(Debug, Clone)]
struct Run {
    mailbox: i64,
    column: &'static str,
    value: i64,
}

fn runs(mailboxes: &[(i64, String)], view: View) -> Vec<Run> {
    let values: Vec<(&'static str, i64)> = match view {
        View::All => vec![("is_open", 0), ("is_open", 1)],
        View::Inbox => vec![("is_open", 1)],
        home => vec![("home", columns::home(home))],
    };
    let run = |mailbox: i64, (column, value): (&'static str, i64)| Run { mailbox, column, value };
    mailboxes.iter().flat_map(|(id, _)| values.iter().map(|value| run(*id, *value))).collect()
}

/// The columns of an order, and how two places in it compare.
struct Walk {
    columns: &'static str,
    ascending: bool,
    suffix: &'static str,
}

impl Order {
    fn walk(self) -> Walk {
        match self {
            Self::OldestWait => Walk { columns: "wait_order, last_at, name", ascending: true, suffix: "by_wait" },
            Self::NewestFirst => Walk { columns: "last_at, name", ascending: false, suffix: "by_date" },
        }
    }
}

impl Walk {
    /// `ORDER BY` what.
    fn order(&self) -> String {
        let direction = if self.ascending { "" } else { " DESC" };
        self.columns.split(", ").map(|column| format!("{column}{direction}")).collect::<Vec<_>>().join(", ")
    }

    fn index(&self, run: &Run) -> String {
        format!("conversation_{}_{}", run.column.trim_start_matches("is_"), self.suffix)
    }
}

/// Where a walk begins: at a place, or before it and backwards.
#[derive(Debug, Clone)]
enum Start {
    AtEnd,
    From(Vec<Value>),
    BackFrom(Vec<Value>),
}

/// A page's statement and its parameters: ids, mailboxes and places in order.
fn page_sql(
    runs: &[Run],
    order: Order,
    needle: Option<&str>,
    start: &Start,
    (offset, limit): (u32, Option<u32>),
) -> (String, Vec<Value>) {
    let mut walk = order.walk();
    let limit = limit.map_or(-1, i64::from);
    let mut values = vec![Value::Integer(limit), Value::Integer(offset.into())];
    let mut narrowed = String::new();
    let (place, comparison) = match (start, walk.ascending) {
        (Start::AtEnd, _) => (&[] as &[Value], ""),
        (Start::From(place), true) => (place.as_slice(), ">="),
        (Start::From(place), false) => (place.as_slice(), "<="),
        (Start::BackFrom(place), true) => (place.as_slice(), "<"),
        (Start::BackFrom(place), false) => (place.as_slice(), ">"),
    };
    if !place.is_empty() {
        let marks: Vec<String> = (0..place.len()).map(|at| format!("?{}", values.len() + 1 + at)).collect();
        narrowed = format!(" AND ({}) {comparison} ({})", walk.columns, marks.join(", "));
        values.extend_from_slice(place);
    }
    walk.ascending ^= matches!(start, Start::BackFrom(_));
    if let Some(needle) = needle {
        values.push(Value::Text(needle.to_owned()));
        narrowed.push_str(&format!(" AND holds(?{}, subject, from_name, from_email)", values.len()));
    }
    let mut arms = Vec::with_capacity(runs.len());
    for run in runs {
        let (index, column, at) = (walk.index(run), run.column, values.len() + 1);
        arms.push(format!(
            "SELECT id, mailbox, {} FROM conversation INDEXED BY {index} WHERE mailbox = ?{at} AND {column} = ?{}{narrowed}",
            walk.columns,
            at + 1
        ));
        values.extend([Value::Integer(run.mailbox), Value::Integer(run.value)]);
    }
    (format!("{} ORDER BY {} LIMIT ?1 OFFSET ?2", arms.join(" UNION ALL "), walk.order()), values)
}

/// From this offset on it pays to remember where the last page began.
const FAR: u32 = 500;

/// Where the last page began that was far from the beginning: the next one, which is mostly near it, is found from there
/// and not counted out from the first row. It holds as long as nobody has written.
#[derive(Debug)]
pub(crate) struct Anchor {
    /// With offset 0 and no limit.
    query: PageQuery,
    version: i64,
    offset: u32,
    place: Vec<Value>,
}

/// The conversations of a page, in order. `version`: the number of the cache's last write.
pub(crate) fn page(
    cache: &Connection,
    query: &PageQuery,
    anchor: &mut Option<Anchor>,
    version: impl FnOnce() -> Result<i64>,
) -> Result<Vec<Conversation>> {
    let mailboxes = mailbox::scope(cache, query.mailbox.as_deref())?;
    let runs = runs(&mailboxes, query.view);
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let needle = query.needle();
    let walk = |start: &Start, offset, limit| -> Result<Vec<(i64, i64, Vec<Value>)>> {
        let (sql, values) = page_sql(&runs, query.order, needle.as_deref(), start, (offset, limit));
        let mut statement = cache.prepare_cached(&sql)?;
        let width = statement.column_count();
        let rows = statement.query_map(params_from_iter(values), |row| {
            let place = (2..width).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?;
            Ok((row.get(0)?, row.get(1)?, place))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    // In several mailboxes at once two conversations can have one place.
    let is_far = query.offset >= FAR && mailboxes.len() == 1;
    let (mut start, mut offset) = (Start::AtEnd, query.offset);
    let version = if is_far { version()? } else { 0 };
    let alike = PageQuery { offset: 0, limit: None, ..query.clone() };
    if let Some(near) = anchor.as_ref().filter(|near| is_far && near.version == version && near.query == alike) {
        let back = near.offset.saturating_sub(query.offset);
        if query.offset >= near.offset {
            (start, offset) = (Start::From(near.place.clone()), query.offset - near.offset);
        } else if back < query.offset {
            let first = walk(&Start::BackFrom(near.place.clone()), back - 1, Some(1))?.pop();
            if let Some((_, _, place)) = first {
                (start, offset) = (Start::From(place), 0);
            }
        }
    }
    let found = walk(&start, offset, query.limit)?;
    if is_far && let Some((_, _, place)) = found.first() {
        *anchor = Some(Anchor { query: alike, version, offset: query.offset, place: place.clone() });
    }
    let mut page = Vec::with_capacity(found.len());
    for (id, mailbox, _) in found {
        let key = mailboxes.iter().find(|(other, _)| *other == mailbox).map_or("", |(_, key)| key);
        page.extend(row::load(cache, id, key)?);
    }
    Ok(page)
}

/// How many conversations the query shows on all its pages together.
pub(crate) fn count(cache: &Connection, query: &PageQuery) -> Result<u32> {
    let Some(needle) = query.needle() else {
        return Ok(counts(cache, query.mailbox.as_deref())?.get(query.view));
    };
    let mut total: u32 = 0;
    for run in runs(&mailbox::scope(cache, query.mailbox.as_deref())?, query.view) {
        let mut statement = cache.prepare_cached(&format!(
            "SELECT count(*) FROM conversation INDEXED BY {} WHERE mailbox = ?1 AND {} = ?2
             AND holds(?3, subject, from_name, from_email)",
            query.order.walk().index(&run),
            run.column
        ))?;
        total += statement.query_row((run.mailbox, run.value, &needle), |row| row.get::<_, u32>(0))?;
    }
    Ok(total)
}

/// How many conversations each view shows.
pub(crate) fn counts(cache: &Connection, mailbox: Option<&str>) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut statement = cache.prepare_cached("SELECT home, conversations FROM tally WHERE mailbox = ?1")?;
    for (id, _) in mailbox::scope(cache, mailbox)? {
        let rows = statement.query_map([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?)))?;
        for row in rows {
            let (home, conversations) = row?;
            let Some(home) = usize::try_from(home).ok().and_then(|at| View::ALL.get(at)) else { continue };
            for (view, count) in View::ALL.iter().zip(&mut counts.0) {
                if view.shows(*home) {
                    *count += conversations;
                }
            }
        }
    }
    Ok(counts)
}

fn position_sql(run: &Run, order: Order, has_filter: bool) -> String {
    let walk = order.walk();
    let (before, places) = match order {
        Order::OldestWait => ("<", "?3, ?4, ?5"),
        Order::NewestFirst => (">", "?4, ?5"),
    };
    let filter = if has_filter { " AND holds(?6, subject, from_name, from_email)" } else { "" };
    format!(
        "SELECT count(*) FROM conversation INDEXED BY {} WHERE mailbox = ?1 AND {} = ?2 AND ({}) {before} ({places}){filter}",
        walk.index(run),
        run.column,
        walk.columns,
    )
}

/// How many stand before this conversation in the order of the query; `None` where it does not show it. Offset and limit
/// do not matter.
pub(crate) fn position(cache: &Connection, query: &PageQuery, mailbox: &str, root: &str) -> Result<Option<u32>> {
    let mailboxes = mailbox::scope(cache, query.mailbox.as_deref())?;
    let Some((id, _)) = mailboxes.iter().find(|(_, key)| key == mailbox) else { return Ok(None) };
    let needle = query.needle();
    let mut statement = cache.prepare_cached(
        "SELECT home, wait_order, last_at, name FROM conversation
         WHERE mailbox = ?1 AND name = ?2 AND root = ?3 AND (?4 = '' OR holds(?4, subject, from_name, from_email))",
    )?;
    let mut found = statement.query((id, conversation_id(root).0, root, needle.as_deref().unwrap_or("")))?;
    let Some(place) = found.next()? else { return Ok(None) };
    let home: i64 = place.get(0)?;
    let is_shown = usize::try_from(home).ok().and_then(|at| View::ALL.get(at)).is_some_and(|h| query.view.shows(*h));
    if !is_shown {
        return Ok(None);
    }
    let place: [Value; 3] = [place.get(1)?, place.get(2)?, place.get(3)?];
    let mut before: u32 = 0;
    for run in runs(&mailboxes, query.view) {
        let mut statement = cache.prepare_cached(&position_sql(&run, query.order, needle.is_some()))?;
        let [wait, last_at, name] = place.clone();
        statement.raw_bind_parameter(1, run.mailbox)?;
        statement.raw_bind_parameter(2, run.value)?;
        if query.order == Order::OldestWait {
            statement.raw_bind_parameter(3, wait)?;
        }
        statement.raw_bind_parameter(4, last_at)?;
        statement.raw_bind_parameter(5, name)?;
        if let Some(needle) = &needle {
            statement.raw_bind_parameter(6, needle)?;
        }
        let mut rows = statement.raw_query();
        if let Some(row) = rows.next()? {
            before += row.get::<_, u32>(0)?;
        }
    }
    Ok(Some(before))
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Teaches a connection the word `holds(needle, text…)`: whether one of the texts has the folded needle in it.
pub(crate) fn teach_filter(cache: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    cache.create_scalar_function("holds", -1, flags, |context| {
        let needle = context.get_raw(0).as_str()?;
        for at in 1..context.len() {
            let Some(text) = context.get_raw(at).as_str_or_null()? else { continue };
            if text.to_lowercase().contains(needle) {
                return Ok(true);
            }
        }
        Ok(false)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::CACHE;

    /// How SQLite goes about a statement.
    fn plan(cache: &Connection, sql: &str) -> String {
        let mut statement = cache.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            lines.push(row.get::<_, String>(3).unwrap());
        }
        lines.join("\n")
    }

    fn empty() -> Connection {
        let mut cache = Connection::open_in_memory().unwrap();
        CACHE.migrate(&mut cache, std::path::Path::new("memory")).unwrap();
        teach_filter(&cache).unwrap();
        cache
    }

    fn assert_walks(cache: &Connection, sql: &str) {
        let plan = plan(cache, sql);
        assert!(!plan.contains("TEMP B-TREE"), "sorts:\n{sql}\n{plan}");
        let scans = plan.lines().any(|line| line.starts_with("SCAN"));
        assert!(!scans, "scans:\n{sql}\n{plan}");
    }

    #[test]
    fn no_page_of_any_view_scans_a_table_or_sorts() {
        let cache = empty();
        let one = vec![(1, "a".to_owned())];
        let many = vec![(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())];
        for mailboxes in [&one, &many] {
            for view in View::ALL {
                for order in [Order::OldestWait, Order::NewestFirst] {
                    for needle in [None, Some("x".to_owned())] {
                        let has_filter = needle.is_some();
                        let runs = runs(mailboxes, view);
                        let place = vec![Value::Integer(1); order.walk().columns.split(',').count()];
                        for start in [Start::AtEnd, Start::From(place.clone()), Start::BackFrom(place)] {
                            let (sql, _) = page_sql(&runs, order, needle.as_deref(), &start, (0, Some(50)));
                            assert_walks(&cache, &sql);
                        }
                        for run in runs {
                            assert_walks(&cache, &position_sql(&run, order, has_filter));
                        }
                    }
                }
            }
        }
    }
}
