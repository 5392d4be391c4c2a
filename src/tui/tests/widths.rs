//! Whatever a mail says, from 20 to 400 columns: each row is exactly as wide as the screen, and what stands right of a name
//! stands where it stood.

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::stage::Stage;
use crate::model::Assignee;
use crate::tui::cells::width;
use crate::tui::fake::handle;
use crate::tui::view::view;

/// What terminals and programs disagree about: families joined by ZWJ, flags, skin tones, marks in towers, wide and
/// right-to-left letters, controls of direction.
const ODD: [&str; 14] = [
    "👨‍👩‍👧‍👦",
    "🇩🇪🇯🇵🇺",
    "👍🏽",
    "❤️",
    "e\u{301}\u{302}\u{303}",
    "プリンター",
    "한국어",
    "שלום עולם",
    "مرحبا بالعالم",
    "\u{202e}evil\u{202c}",
    "नमस्ते",
    "ก็ำ",
    "\u{200b}\u{feff}",
    "ﷺ",
];

/// What stands between the panes.
const FRAME: [char; 3] = ['│', '┬', '┴'];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::sample::select(&ODD[..]).prop_map(str::to_owned),
        2 => "\\PC{0,12}",
        1 => ".{0,8}",
    ];
    // Whatever a mail says, but for the signs by which the frame is found.
    let spoken = |pieces: Vec<String>| pieces.concat().replace(FRAME, "+");
    proptest::collection::vec(piece, 0..5).prop_map(spoken)
}

/// The frame as the real path draws it.
fn drawn(s: &Stage) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(s.app.size.width, s.app.size.height)).unwrap();
    terminal.draw(|frame| view(&s.app, &s.theme, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// A row's signs with the columns at which they stand; fails where one does not end within the screen.
fn row(buffer: &Buffer, y: u16) -> Result<Vec<(u16, String)>, String> {
    let all = buffer.area.width;
    let (mut x, mut signs) = (0, Vec::new());
    while x < all {
        let symbol = buffer[(x, y)].symbol();
        signs.push((x, symbol.to_owned()));
        x += width(symbol).max(1) as u16;
    }
    if x == all { Ok(signs) } else { Err(format!("row {y} is {x} wide of {all}: {signs:?}")) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_pushes_a_cell_out_of_line(
        columns in 20u16..=400,
        rows in 8u16..60,
        name in text(),
        subject in text(),
        tag in text(),
        body in text(),
        is_reading in any::<bool>(),
    ) {
        let stage = |name: &str, subject: &str, tag: &str| {
            let mut s = Stage::new(columns, rows);
            s.fake.change("seats", |c| {
                c.from.name = Some(name.to_owned());
                c.subject = subject.to_owned();
                c.tags = vec![tag.to_owned()];
                c.assignee = Assignee::Held(handle("carol"));
            });
            s.fake.change("fire", |c| c.subject = format!("{subject}{body}"));
            s.changed();
            s.press(if is_reading { "G Enter" } else { "G" });
            s
        };
        let odd = drawn(&stage(&name, &subject, &tag));
        let plain = drawn(&stage("Mika Tanaka", "Quote", "sales"));
        for y in 0..rows {
            let signs = row(&odd, y).map_err(TestCaseError::fail)?;
            let stands = row(&plain, y).map_err(TestCaseError::fail)?;
            // The columns' right end, the line between the panes: all that does not depend on what a mail says.
            for sign in FRAME.map(String::from) {
                let at = |signs: &[(u16, String)]| signs.iter().find(|(_, s)| *s == sign).map(|(x, _)| *x);
                prop_assert_eq!(at(&signs), at(&stands), "{} in row {}", sign, y);
            }
            // The time that the customer waits, right of everything that a mail says.
            let text: String = stands.iter().map(|(_, s)| s.as_str()).collect();
            if text.contains("! 3h") {
                let from = stands.iter().position(|(_, s)| s == "!").unwrap();
                let waits = &stands[from..from + 4];
                prop_assert!(signs.windows(4).any(|four| four == waits), "{:?} is not in {:?}", waits, signs);
            }
        }
    }
}
