//! `bagsy sync`: brings the cache up to date once.

use std::time::Instant;

use serde_json::json;

use super::context::{Context, Outcome, failed};
use crate::mail::safe;
use crate::model::{Role, View};

pub async fn run(cx: &Context) -> Outcome {
    cx.refuse_offline("sync")?;
    for mut reached in cx.reach().await? {
        for mailbox in &reached.mailboxes {
            let began = Instant::now();
            let before = reached.link.session.received();
            let new = reached.link.sync_mailbox(mailbox).await?;
            let bytes = reached.link.session.received() - before;
            let seconds = began.elapsed().as_secs_f64();
            let mut messages = 0;
            for role in Role::SYNCED {
                messages += reached.link.reader.known_count(mailbox.key(), role).map_err(failed)?;
            }
            let conversations = reached.link.reader.counts(Some(mailbox.key())).map_err(failed)?.get(View::All);
            cx.out.line(
                || {
                    json!({
                        "mailbox": mailbox.key(),
                        "messages": messages,
                        "conversations": conversations,
                        "bytes": bytes,
                        "seconds": (seconds * 1000.0).round() / 1000.0,
                    })
                },
                || {
                    let name = cx.out.bold(&safe::line(mailbox.key()));
                    format!("{name}  {messages} messages ({new} new), {conversations} conversations, {bytes} bytes in {seconds:.2} s")
                },
            );
        }
    }
    Ok(())
}
