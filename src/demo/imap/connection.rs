//! One TCP connection: frames in, answers out, faults between.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::Instant;

use super::command::{self, Request};
use super::framing::{Frame, Framing};
use super::session::{Flow, Session};
use crate::demo::faults::{Effect, Faults};
use crate::demo::post::Post;

/// Literals of a client that has signed in: a mail of 50 MB and its attachments' encoding fit.
const MAX_LITERAL: usize = 80 * 1024 * 1024;
/// Literals of one that has not.
const MAX_LITERAL_BEFORE: usize = 4 * 1024;

/// Serves one client until either side has enough.
pub async fn serve<R, W>(reader: R, writer: W, post: Arc<Post>, faults: Arc<Faults>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut kicks = faults.kicks();
    kicks.mark_unchanged();
    let bell = post.bell();
    let session = Session::new(post, Arc::clone(&faults));
    let mut connection = Connection { framing: Framing::new(reader), writer, session, faults, bell };
    tokio::select! {
        _ = connection.run() => {}
        _ = kicks.changed() => {}
    }
}

struct Connection<R, W> {
    framing: Framing<R>,
    writer: W,
    session: Session,
    faults: Arc<Faults>,
    bell: watch::Receiver<u64>,
}

/// Why a connection ends: the other side has gone, or a fault wants it so. Nobody acts on the difference.
struct Ended;

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    async fn run(&mut self) -> Result<(), Ended> {
        self.flush().await?;
        loop {
            let first = self.framing.line().await.ok_or(Ended)?;
            let max = if self.session.login().is_empty() { MAX_LITERAL_BEFORE } else { MAX_LITERAL };
            match self.framing.rest(first, max, &mut self.writer).await {
                Frame::Command(frame) => self.command(command::parse(&frame)).await?,
                Frame::TooBig { tag, in_step } => {
                    self.session.refuse(&tag, "NO [TOOBIG] That is more than this server takes");
                    self.flush().await?;
                    if !in_step {
                        return Err(Ended);
                    }
                }
                Frame::Closed => return Err(Ended),
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let out = std::mem::take(&mut self.session.out);
        self.writer.write_all(&out).await?;
        self.writer.flush().await?;
        Ok(())
    }

    /// Answers one command, or does to it what the faults want.
    async fn command(&mut self, request: Request) -> Result<(), Ended> {
        let (mut is_swallowed, mut is_dropped) = (false, false);
        for effect in self.faults.strike(&request.name, self.session.login()) {
            match effect {
                Effect::DropBefore => return Err(Ended),
                Effect::DropAfter => is_dropped = true,
                Effect::Swallow => is_swallowed = true,
                Effect::Refuse(text) => {
                    self.session.refuse(&request.tag, &text);
                    return self.flush().await;
                }
                Effect::Delay(time) => tokio::time::sleep(time).await,
                Effect::Inject(bytes) => self.writer.write_all(&bytes).await?,
                Effect::HugeLiteral(size) => self.huge_literal(size).await?,
            }
        }
        let tag = request.tag.clone();
        let flow = self.session.answer(request);
        if is_dropped {
            return Err(Ended);
        }
        if is_swallowed {
            self.session.out.clear();
            return Ok(());
        }
        self.flush().await?;
        match flow {
            Flow::Next => Ok(()),
            Flow::End => Err(Ended),
            Flow::Challenge => {
                let words = self.framing.line().await.ok_or(Ended)?;
                self.session.authenticate(&tag, &words);
                self.flush().await
            }
            Flow::Idle => self.idle(&tag).await,
        }
    }

    async fn idle(&mut self, tag: &str) -> Result<(), Ended> {
        // When news are to be told, once there are any.
        let mut due: Option<Instant> = None;
        loop {
            let told = due.unwrap_or_else(Instant::now);
            tokio::select! {
                line = self.framing.line() => {
                    let lives = self.session.done(tag, &line.ok_or(Ended)?);
                    self.flush().await?;
                    return if lives { Ok(()) } else { Err(Ended) };
                }
                changed = self.bell.changed(), if due.is_none() => {
                    changed.map_err(|_| Ended)?;
                    due = Some(Instant::now() + self.faults.switches().idle_delay);
                }
                () = tokio::time::sleep_until(told), if due.is_some() => {
                    due = None;
                    let lives = self.session.write_news(true);
                    self.flush().await?;
                    if !lives {
                        return Err(Ended);
                    }
                }
            }
        }
    }

    async fn huge_literal(&mut self, size: u64) -> Result<(), Ended> {
        let chunk = [b'x'; 16 * 1024];
        self.writer.write_all(format!("* 1 FETCH (BODY[] {{{size}}}\r\n").as_bytes()).await?;
        let mut left = size;
        while left > 0 {
            let now = left.min(chunk.len() as u64);
            // At most the chunk's length.
            self.writer.write_all(&chunk[..now as usize]).await?;
            left -= now;
        }
        self.writer.write_all(b")\r\n").await?;
        Ok(())
    }
}
