//! The index of words, written beside everything else: after a first filling, then as mail and texts come and go.

use std::time::Duration;

use super::cache::Cache;
use super::error::Result;
use super::stop::Stop;
use crate::model::Role;
use crate::store::Reader;

/// Between two portions the cache is others'.
const BREATH: Duration = Duration::from_millis(5);

/// What comes in one after the other is written together.
const GATHER: Duration = Duration::from_millis(200);

/// A filling that has not gone on for so long is not waited for.
const STALLED: Duration = Duration::from_secs(2);

/// How often it is looked whether another process brought mail.
const LOOK: Duration = Duration::from_secs(2);

/// Keeps the index of one cache until it is over.
pub async fn keep(cache: Cache, mut stop: Stop) {
    let mut written = cache.subscribe();
    loop {
        tokio::select! {
            () = stop.stopped() => return,
            done = write(&cache) => if let Err(error) = done {
                // The next change is another try; searches say what is missing.
                tracing::warn!(%error, "words are not written into the index");
            }
        }
        tokio::select! {
            () = stop.stopped() => return,
            _ = tokio::time::timeout(LOOK, written.changed()) => {}
        }
        tokio::time::sleep(GATHER).await;
    }
}

async fn write(cache: &Cache) -> Result<()> {
    wait_for_filling(cache.reader()?).await?;
    let mut is_news = false;
    while cache.write(|writer| writer.write_words())? > 0 {
        is_news = true;
        tokio::time::sleep(BREATH).await;
    }
    if is_news {
        cache.announce();
    }
    Ok(())
}

/// A first filling has the machine for itself.
async fn wait_for_filling(reader: Reader) -> Result<()> {
    loop {
        let before = progress(&reader)?;
        if before.iter().all(|(_, is_whole)| *is_whole) {
            return Ok(());
        }
        tokio::time::sleep(STALLED).await;
        if progress(&reader)? == before {
            return Ok(());
        }
    }
}

/// How far each folder is known, and whether that is all of it.
fn progress(reader: &Reader) -> Result<Vec<(u32, bool)>> {
    let mut all = Vec::new();
    for mailbox in reader.mailboxes()? {
        for role in Role::SYNCED {
            if let Some(state) = reader.folder(mailbox.key(), role)? {
                all.push((state.known_from.0, state.is_whole()));
            }
        }
    }
    Ok(all)
}
