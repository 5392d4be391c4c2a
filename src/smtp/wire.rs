//! Commands out, replies in, each within its time and its size.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::reply::{Lines, MAX_LINE, Reply};
use crate::net::{self, Stream};

/// A stream with the bytes of it that were read and not yet understood.
pub(super) struct Wire<S> {
    stream: S,
    pending: Vec<u8>,
}

/// How a connection ended, for a message.
pub(super) type Ended = String;

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new() }
    }

    /// Gives the stream back for TLS. Whatever is pending was sent by nobody who could know of the TLS to come, and
    /// would be taken for the server's word under it.
    pub(super) fn into_stream(self) -> Option<S> {
        self.pending.is_empty().then_some(self.stream)
    }

    /// Sends one command and reads its reply, with the lines' texts.
    pub(super) async fn command(&mut self, command: &str, patience: Duration) -> Result<(Reply, Lines), Ended> {
        // One word too many, and from here on every reply would be taken for that of the command after it.
        let unasked = || "it answered what was not asked".to_owned();
        if !self.pending.is_empty() {
            return Err(unasked());
        }
        self.send(command.as_bytes(), patience).await?;
        let (reply, lines) = self.reply(patience).await?;
        if self.pending.is_empty() { Ok((reply, lines)) } else { Err(unasked()) }
    }

    /// Sends bytes, and sees that they leave.
    pub(super) async fn send(&mut self, bytes: &[u8], patience: Duration) -> Result<(), Ended> {
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(patience, sending).await {
            Ok(sent) => sent.map_err(|error| net::why(&error)),
            Err(_) => Err(format!("it took nothing for {} seconds", patience.as_secs())),
        }
    }

    /// Reads one whole reply.
    pub(super) async fn reply(&mut self, patience: Duration) -> Result<(Reply, Lines), Ended> {
        match timeout(patience, self.read_reply()).await {
            Ok(reply) => reply,
            Err(_) => Err(format!("no answer within {} seconds", patience.as_secs())),
        }
    }

    async fn read_reply(&mut self) -> Result<(Reply, Lines), Ended> {
        let mut lines = Lines::default();
        loop {
            while let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                let reply = lines.push(&line[..end]).map_err(|_| "it does not speak SMTP".to_owned())?;
                if let Some(reply) = reply {
                    return Ok((reply, lines));
                }
            }
            if self.pending.len() > MAX_LINE {
                return Err("it sent a line without end".to_owned());
            }
            let mut chunk = [0; 2048];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err("it closed the connection".to_owned()),
                Ok(length) => self.pending.extend_from_slice(&chunk[..length]),
                Err(error) => return Err(net::why(&error)),
            }
        }
    }
}
