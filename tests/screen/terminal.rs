//! The terminal: given back however the program ends, any size, any colours.

use crate::seat::{ask, is_selected, live, person, quiet_moment, team, wait_for_row, wait_for_who};
use crate::support::pty::{Pty, Size};

#[test]
fn the_terminal_is_given_back_however_the_program_ends() {
    let team = team();
    ask(&team, "Ends", 1);
    let alice = person(&team, "alice");
    type End = (&'static str, fn(&Pty));
    let ends: [End; 4] = [
        ("q", |a| a.keys("q")),
        ("Ctrl-C", |a| a.press("Ctrl-C")),
        ("SIGTERM", |a| a.signal(libc::SIGTERM)),
        ("SIGINT", |a| a.signal(libc::SIGINT)),
    ];
    for (how, end) in ends {
        let mut a = live(&alice, Size::SMALL);
        wait_for_row(&a, "Ends", true);
        end(&a);
        assert_eq!(a.wait_for_end(), 0, "{how}");
        assert_eq!(a.left_behind(), None, "{how}");
        assert_eq!(a.screen().trim(), "", "{how}");
    }
}

#[test]
fn ctrl_z_stops_it_and_fg_brings_it_back() {
    let team = team();
    ask(&team, "Stopped", 1);
    let alice = person(&team, "alice");
    let mut sh = alice.shell(Size::SMALL);
    sh.wait_for("$");
    let prompt = sh.left_behind();
    sh.keys("bagsy\r");
    sh.wait_for("live");
    wait_for_row(&sh, "Stopped", true);
    sh.press("Ctrl-Z");
    sh.wait_for("Stopped  ");
    quiet_moment();
    assert_eq!(sh.left_behind(), prompt);
    sh.keys("echo in the shell\r");
    sh.wait_for("\nin the shell");
    sh.keys("fg\r");
    wait_for_row(&sh, "Stopped", true);
    sh.keys("c");
    wait_for_who(&sh, "Stopped", "you");
    sh.keys("q");
    sh.wait_for("in the shell");
    sh.keys("exit\r");
    sh.wait_for_end();
}

#[test]
fn every_size_shows_something_sane() {
    let team = team();
    for n in 1..40 {
        ask(&team, &format!("Question number {n}"), n);
    }
    let alice = person(&team, "alice");
    for size in [Size(20, 5), Size::SMALL, Size::LARGE, Size(160, 50), Size(1, 1), Size(300, 100)] {
        let mut a = alice.terminal(size, &[]);
        if size.0 > 1 {
            a.wait_for(if size.0 >= 34 { "live" } else { "●" });
        }
        for keys in ["", "\r", "r", "\x1b", "?", "\x1b", "M", "\x1b", "A", "\x1b", "t", "\x1b", "q", "G", "gg"] {
            a.keys(keys);
            std::thread::sleep(std::time::Duration::from_millis(40));
        }
        if size.1 >= 24 {
            a.wait_for("Question number 39");
            a.wait_for("? keys");
            a.wait_for("WAITS");
        }
        a.press("Ctrl-C");
        assert_eq!(a.wait_for_end(), 0, "{size:?}");
        assert_eq!(a.left_behind(), None, "{size:?}");
    }
}

#[test]
fn a_resize_at_any_moment_is_drawn_anew() {
    let team = team();
    for n in 1..30 {
        ask(&team, &format!("Question number {n}"), n);
    }
    let alice = person(&team, "alice");
    let mut a = live(&alice, Size::SMALL);
    let sizes = [Size(20, 5), Size(160, 50), Size(10, 3), Size(80, 10), Size(8, 60), Size(200, 4), Size::LARGE];
    for (n, keys) in ["", "j", "\r", "r", "word ", "\x1b", "A", "\x1b", "?", "G", "\x1b", "k"].iter().enumerate() {
        a.resize(sizes[n % sizes.len()]);
        a.keys(keys);
        std::thread::sleep(std::time::Duration::from_millis(60));
        a.resize(sizes[(n + 3) % sizes.len()]);
    }
    a.resize(Size(160, 50));
    // What the keys opened, and in which order, hangs on how fast the mail came: each Esc closes one window.
    for _ in 0..4 {
        a.press("Esc");
        quiet_moment();
    }
    a.keys("1");
    a.wait_for("Question number 29");
    a.wait_for("sort: oldest wait");
    a.resize(Size::SMALL);
    a.wait_until("the queue at 80 columns", |s| {
        s.lines().nth(3).is_some_and(|l| l.starts_with("   WHO") && l.ends_with("WAITS") && l.chars().count() <= 80)
    });
    a.press("Ctrl-C");
    assert_eq!(a.wait_for_end(), 0);
    assert_eq!(a.left_behind(), None);
}

/// Parameters of every SGR sequence in what the program wrote.
fn colours(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw).into_owned();
    let sequences = text.split("\x1b[").skip(1).filter_map(|s| s.split_once('m').map(|(p, _)| p.to_owned()));
    let is_sgr = |p: &String| p.chars().all(|c| c.is_ascii_digit() || c == ';');
    let is_colour = |p: &str| {
        p.split(';').filter_map(|n| n.parse::<u32>().ok()).any(|n| matches!(n, 30..=38 | 40..=48 | 90..=97 | 100..=107))
    };
    sequences.filter(is_sgr).filter(|p| is_colour(p)).collect()
}

#[test]
fn no_color_means_no_colour() {
    let team = team();
    ask(&team, "Grey", 1);
    let alice = person(&team, "alice").env("NO_COLOR", "1");
    let a = live(&alice, Size::LARGE);
    wait_for_row(&a, "Grey", true);
    a.keys("c");
    wait_for_who(&a, "Grey", "you");
    a.keys("?");
    a.wait_for("Keys: the queue");
    assert_eq!(colours(&a.raw()), Vec::<String>::new());
    let coloured = person(&team, "bob");
    let b = live(&coloured, Size::LARGE);
    wait_for_row(&b, "Grey", true);
    assert!(!colours(&b.raw()).is_empty());
}

#[test]
fn ascii_glyphs_need_nothing_else() {
    let team = team();
    ask(&team, "Plain", 1);
    let alice = person(&team, "alice").configured(|a| a.rest = "[ui]\nglyphs = \"ascii\"\n".to_owned());
    let a = alice.terminal(Size::LARGE, &[]);
    a.wait_for("live");
    a.wait_for("Plain");
    for (keys, shows) in
        [("", "? keys"), ("c", "you took"), ("\r", "help!"), ("r", "Reply as"), ("\x1b", "keys"), ("?", "Keys:")]
    {
        a.keys(keys);
        a.wait_for(shows);
        if keys == "\x1b" {
            // A key right behind Esc would be one with Alt.
            a.wait_while("Reply as");
        }
        assert!(a.screen().is_ascii(), "{}", a.framed());
    }
}

#[test]
fn a_light_terminal_gets_the_light_theme() {
    let team = team();
    ask(&team, "Light", 1);
    let alice = person(&team, "alice");
    let selected = |a: &Pty| {
        wait_for_row(a, "Light", true);
        a.look(|screen| {
            let rows: Vec<String> = screen.rows(0, 120).collect();
            let row = rows.iter().position(|r| r.contains("▌")).expect("a selected row");
            screen.cell(row as u16, 30).expect("a cell").bgcolor()
        })
    };
    let dark = alice.terminal(Size::LARGE, &[]);
    let on_dark = selected(&dark);
    drop(dark);
    let light = alice.terminal(Size::LARGE, &[]);
    light.set_light();
    let on_light = selected(&light);
    assert_ne!(on_dark, on_light);
    let chosen = person(&team, "alice").configured(|a| a.rest = "[ui]\ntheme = \"light\"\n".to_owned());
    assert_eq!(selected(&chosen.terminal(Size::LARGE, &[])), on_light);
}

#[test]
fn the_mouse_is_left_to_the_terminal_unless_it_is_asked_for() {
    let team = team();
    for n in 1..=5 {
        ask(&team, &format!("Question {n}"), 20 - n);
    }
    let has_mouse = |a: &Pty| a.look(|s| s.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    let a = live(&person(&team, "alice"), Size::SMALL);
    wait_for_row(&a, "Question 5", true);
    assert!(!has_mouse(&a), "selecting text with the mouse stays the terminal's");

    let with_mouse = person(&team, "alice").configured(|account| account.rest = "[ui]\nmouse = true\n".to_owned());
    let mut a = live(&with_mouse, Size::SMALL);
    wait_for_row(&a, "Question 5", true);
    assert!(has_mouse(&a));
    // The third row: the first stands in the fifth line.
    a.keys("\x1b[<0;20;7M\x1b[<0;20;7m");
    a.wait_until("the third row selected", |s| is_selected(s, "Question 3"));
    a.keys("\x1b[<0;20;7M\x1b[<0;20;7m");
    a.wait_for("About Question 3: help!");
    a.keys("q");
    wait_for_row(&a, "Question 5", true);
    a.pause();
    a.keys("q");
    assert_eq!(a.wait_for_end(), 0);
    assert_eq!(a.left_behind(), None);
}
