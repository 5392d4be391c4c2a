//! Small attachments with real bytes: a picture, a document, tables, a log.

/// A file that hangs on a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

impl File {
    fn new(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), media_type, bytes }
    }
}

/// A table.
pub fn csv(name: &str, text: &str) -> File {
    File::new(name, "text/csv", text.as_bytes().to_vec())
}

/// A text that a machine wrote.
pub fn log(name: &str, text: &str) -> File {
    File::new(name, "text/plain", text.as_bytes().to_vec())
}

/// Bytes that only pretend to be what their name says.
pub fn stranger(name: &str) -> File {
    File::new(name, "application/octet-stream", b"MZ\x90\x00 this is not a document".to_vec())
}

/// A picture: two tones with a bar across, as small as PNG allows without compressing.
pub fn png(name: &str, tone: [u8; 3]) -> File {
    const SIDE: u32 = 48;
    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0); // no filter
        for x in 0..SIDE {
            let is_bar = (x + y) % 24 < 4;
            rows.extend(if is_bar { [250, 250, 245] } else { tone });
        }
    }
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(SIDE.to_be_bytes());
    header.extend(SIDE.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]); // eight bits, RGB
    chunk(&mut bytes, b"IHDR", &header);
    chunk(&mut bytes, b"IDAT", &stored(&rows));
    chunk(&mut bytes, b"IEND", &[]);
    File::new(name, "image/png", bytes)
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(0);
    out.extend(length.to_be_bytes());
    let begin = out.len();
    out.extend(kind);
    out.extend(content);
    let sum = crc32(&out[begin..]);
    out.extend(sum.to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951 §3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for &byte in bytes {
        a = (a + u32::from(byte)) % 65521;
        b = (b + a) % 65521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

/// A document of one page with these lines of ASCII.
pub fn pdf(name: &str, lines: &[String]) -> File {
    let mut text = "BT /F1 12 Tf 60 760 Td 16 TL\n".to_owned();
    for line in lines {
        let escaped = line.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        text += &format!("({escaped}) Tj T*\n");
    }
    text += "ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out += &format!("{} 0 obj\n{object}\nendobj\n", at + 1);
    }
    let table = out.len();
    out += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        out += &format!("{offset:010} 00000 n \n");
    }
    out += &format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    File::new(name, "application/pdf", out.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::{crc32, pdf, png, stored};

    #[test]
    fn the_sums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert!(stored(b"Wikipedia").ends_with(&[0x11, 0xe6, 0x03, 0x98]));
    }

    #[test]
    fn files_begin_as_what_they_are() {
        assert!(png("a.png", [1, 2, 3]).bytes.starts_with(b"\x89PNG"));
        assert!(pdf("a.pdf", &["(x)".into()]).bytes.ends_with(b"%%EOF\n"));
    }
}
