//! Whole commands out of a stream of bytes: lines, and the literals in them (RFC 3501 §4.3, RFC 7888), bounded.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A command without its literals is no longer than this.
const MAX_LINE: usize = 64 * 1024;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A command without the line end that closes it; literals stand in it as they came, `{n}` and all.
    Command(Vec<u8>),
    /// A literal, or the command, is longer than this server takes. The tag, and whether the stream is still in step.
    TooBig { tag: String, in_step: bool },
    /// The other side has gone.
    Closed,
}

/// The reading side of a connection. Dropping a call of [`Framing::line`] between two bytes loses none.
#[derive(Debug)]
pub struct Framing<R> {
    stream: R,
    buffer: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Framing<R> {
    pub fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Waits for one line and gives it without its end; `None` when the stream ends or the line is too long.
    pub async fn line(&mut self) -> Option<Vec<u8>> {
        let mut searched = 0;
        loop {
            if let Some(found) = self.buffer[searched..].iter().position(|&b| b == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=searched + found).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Some(line);
            }
            searched = self.buffer.len();
            if searched > MAX_LINE || !self.read_more().await {
                return None;
            }
        }
    }

    /// Reads the rest of a command whose first line has come. Asks for synchronizing literals by writing to `answers`.
    pub async fn rest<W: AsyncWrite + Unpin>(&mut self, first: Vec<u8>, max_literal: usize, answers: &mut W) -> Frame {
        let mut command = first;
        let mut line_bytes = command.len();
        let mut next = announced(&command);
        while let Some((size, waits)) = next {
            if size > max_literal as u64 {
                return Frame::TooBig { tag: tag_of(&command), in_step: waits };
            }
            if waits && answers.write_all(b"+ OK\r\n").await.is_err() {
                return Frame::Closed;
            }
            command.extend_from_slice(b"\r\n");
            // Within the bound, which fits the memory.
            let size = size as usize;
            while self.buffer.len() < size {
                if !self.read_more().await {
                    return Frame::Closed;
                }
            }
            command.extend(self.buffer.drain(..size));
            let Some(line) = self.line().await else { return Frame::Closed };
            line_bytes += line.len();
            if line_bytes > MAX_LINE {
                return Frame::TooBig { tag: tag_of(&command), in_step: false };
            }
            // Only what stands after the literal may announce the next one.
            next = announced(&line);
            command.extend(line);
        }
        Frame::Command(command)
    }

    async fn read_more(&mut self) -> bool {
        // A read that is dropped half-way has put nothing into the buffer.
        matches!(self.stream.read_buf(&mut self.buffer).await, Ok(read) if read > 0)
    }
}

/// The size of the literal that the end of these bytes announces, and whether its sender waits to be asked for it.
fn announced(bytes: &[u8]) -> Option<(u64, bool)> {
    let inner = bytes.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|&b| b == b'{')?;
    let digits = &inner[open + 1..];
    let (digits, waits) = digits.strip_suffix(b"+").map_or((digits, true), |digits| (digits, false));
    let is_number = (1..=19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let text = is_number.then(|| std::str::from_utf8(digits).ok()).flatten()?;
    Some((text.parse().ok()?, waits))
}

fn tag_of(command: &[u8]) -> String {
    let end = command.iter().position(|&b| b == b' ').unwrap_or(0);
    let tag = String::from_utf8_lossy(&command[..end]).into_owned();
    if tag.is_empty() || tag.len() > 64 { "*".to_owned() } else { tag }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Framing};

    async fn read(input: &[u8]) -> (Frame, Vec<u8>) {
        let mut framing = Framing::new(input);
        let mut asked = Vec::new();
        let first = framing.line().await.unwrap();
        let frame = framing.rest(first, 10, &mut asked).await;
        (frame, asked)
    }

    #[tokio::test]
    async fn literals_are_asked_for_and_taken_in_place() {
        let (frame, asked) = read(b"a LOGIN {3}\r\nx}{ {2+}\r\n\r\n\r\nb NOOP\r\n").await;
        assert_eq!(frame, Frame::Command(b"a LOGIN {3}\r\nx}{ {2+}\r\n\r\n".to_vec()));
        assert_eq!(asked, b"+ OK\r\n");
    }

    #[tokio::test]
    async fn a_literal_beyond_the_bound_is_not_read() {
        let (frame, asked) = read(b"a APPEND x {11}\r\n").await;
        assert_eq!(frame, Frame::TooBig { tag: "a".into(), in_step: true });
        assert!(asked.is_empty());
        let (frame, _) = read(b"a APPEND x {99999999999999999999+}\r\nx\r\n").await;
        assert_eq!(frame, Frame::Command(b"a APPEND x {99999999999999999999+}".to_vec()));
        let (frame, _) = read(b"a APPEND x {11+}\r\nx\r\n").await;
        assert_eq!(frame, Frame::TooBig { tag: "a".into(), in_step: false });
    }

    #[tokio::test]
    async fn a_stream_that_ends_inside_a_literal_is_closed() {
        assert_eq!(read(b"a LOGIN {5}\r\nab").await.0, Frame::Closed);
    }
}
