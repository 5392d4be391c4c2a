//! `bagsy list`: conversations, a line each, in the screen's order.

use jiff::Timestamp;

use super::context::{Context, Outcome, failed};
use super::output;
use crate::engine::Login;
use crate::model::{Mailbox, View};
use crate::store::{PageQuery, Reader};

/// So many rows are asked for at once: memory does not grow with the mailbox.
const PAGE: u32 = 500;

pub async fn run(cx: &Context, view: View, limit: Option<u32>) -> Outcome {
    let mut left = limit.unwrap_or(u32::MAX);
    if cx.offline {
        for (login, reader, mailboxes) in cx.cached()? {
            for mailbox in &mailboxes {
                print(cx, &login, &reader, mailbox, view, &mut left)?;
            }
        }
        return Ok(());
    }
    for mut reached in cx.reach().await? {
        for mailbox in &reached.mailboxes {
            reached.link.sync_mailbox(mailbox).await?;
            print(cx, &reached.link.login, &reached.link.reader, mailbox, view, &mut left)?;
        }
    }
    Ok(())
}

fn print(cx: &Context, login: &Login, reader: &Reader, mailbox: &Mailbox, view: View, left: &mut u32) -> Outcome {
    let now = Timestamp::now();
    let me = login.me();
    let mut query = PageQuery::new(Some(mailbox.key()), view);
    while *left > 0 {
        query.limit = Some(PAGE.min(*left));
        let page = reader.page(&query).map_err(failed)?;
        let Ok(count) = u32::try_from(page.len()) else { break };
        for conversation in &page {
            let folder = mailbox.folder(conversation.folder).unwrap_or(&mailbox.root);
            cx.out.line(|| conversation.to_json(folder), || output::row(conversation, me.as_ref(), now));
        }
        *left -= count;
        query.offset += count;
        if count < query.limit.unwrap_or(0) {
            break;
        }
    }
    Ok(())
}
