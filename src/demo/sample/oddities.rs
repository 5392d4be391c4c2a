//! The mails that a real mailbox has and a tidy one would not: newsletters, machines, forms, things pasted from a terminal.

use super::compose::{Letter, Party};
use super::files;

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Open,
    /// In INBOX, claimed by this teammate.
    Held(&'static str),
    /// In Archive, done.
    Done,
    Junk,
    Trash,
}

/// One mail that is a conversation of its own.
#[derive(Debug)]
pub struct Oddity {
    pub letter: Letter,
    pub fate: Fate,
    pub tags: &'static [&'static str],
    /// It came twice, to two of the mailbox's addresses.
    pub is_double: bool,
}

fn letter(name: &str, email: &str, subject: &str, text: &str) -> Letter {
    Letter {
        from: Some(Party::new(name, email)),
        subject: subject.to_owned(),
        text: (!text.is_empty()).then(|| text.to_owned()),
        ..Letter::default()
    }
}

fn odd(fate: Fate, tags: &'static [&'static str], letter: Letter) -> Oddity {
    Oddity { letter, fate, tags, is_double: false }
}

/// All of them; ids, dates and recipients are still to be filled in.
pub fn all() -> Vec<Oddity> {
    [bulk(), html_only(), files_attached(), machines(), hostile(), unwanted()].into_iter().flatten().collect()
}

fn newsletter(title: &str, lead: &str, items: &[(&str, &str)]) -> String {
    let mut rows = String::new();
    for (at, (headline, text)) in items.iter().enumerate() {
        rows += &format!(
            "<tr><td style=\"padding:12px 24px;border-bottom:1px solid #ddd\"><h2 style=\"font-size:18px;margin:0\">\
             <a href=\"https://news.example/read/{at}?u=2f9c\" style=\"color:#0b6\">{headline}</a></h2><p>{text}</p></td></tr>\n"
        );
    }
    format!(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{title}</title>\n<style>body{{font-family:sans-serif}} \
         .pre{{display:none}}</style></head>\n<body bgcolor=\"#f4f4f4\"><div class=\"pre\" style=\"display:none\">{lead}</div>\n\
         <table width=\"600\" align=\"center\" cellpadding=\"0\" cellspacing=\"0\" style=\"background:#fff\">\n\
         <tr><td style=\"padding:24px\"><img src=\"https://cdn.news.example/logo.png\" width=\"120\" height=\"40\" alt=\"{title}\">\
         <h1>{title}</h1><p>{lead}</p></td></tr>\n{rows}\
         <tr><td style=\"padding:24px;font-size:12px;color:#888\">You get this because you once left your card at our stand. \
         <a href=\"https://news.example/unsubscribe?u=2f9c\">Unsubscribe</a> &middot; <a href=\"https://news.example/web\">Read in a browser</a>\
         <img src=\"https://track.news.example/p.gif?u=2f9c\" width=\"1\" height=\"1\" alt=\"\"></td></tr></table></body></html>\n"
    )
}

fn bulk() -> Vec<Oddity> {
    let list = |mut letter: Letter, id: &str, html: String| {
        letter.html = Some(html);
        letter.fields = vec![
            ("List-Id", format!("<{id}>")),
            ("List-Unsubscribe", format!("<https://news.example/unsubscribe?l={id}>")),
            ("Precedence", "bulk".to_owned()),
        ];
        letter
    };
    let small_shop = newsletter(
        "The Small Shop Letter",
        "Five things to do before the busy weeks, and one to leave alone.",
        &[
            (
                "Count early",
                "Shops that count in autumn find a third fewer surprises in January &ndash; our reader survey says so.",
            ),
            ("Paper or foil?", "We dropped <b>200 parcels</b> so that you don't have to."),
            ("Ask the printer", "Why thermal labels fade, and what the light in your window has to do with it."),
        ],
    );
    let fair = newsletter(
        "Retail &amp; Craft Fair",
        "Your ticket for hall 4 is waiting.",
        &[
            ("Early birds until Friday", "Two for the price of one with the code <code>WREN2</code>."),
            ("Who is there", "<ul><li>340 exhibitors</li><li>22 talks</li><li>one very large coffee machine</li></ul>"),
        ],
    );
    let carrier = newsletter(
        "Parcel prices from January",
        "The new table for business customers.",
        &[(
            "New prices",
            "<table border=\"1\"><tr><th>Size</th><th>until</th><th>old</th><th>new</th></tr><tr><td>S</td><td>2&nbsp;kg</td><td>4.10</td><td>4.25</td></tr>\
             <tr><td>M</td><td>5&nbsp;kg</td><td>5.60</td><td>5.85</td></tr><tr><td>L</td><td>31&nbsp;kg</td><td>9.90</td><td>10.40</td></tr></table>",
        )],
    );
    let text = "This mail looks better in HTML. Read it in a browser: https://news.example/web\n";
    vec![
        odd(
            Fate::Open,
            &[],
            list(
                letter(
                    "The Small Shop Letter",
                    "letter@smallshop.example",
                    "Five things before the busy weeks ✨",
                    text,
                ),
                "letter.smallshop.example",
                small_shop.clone(),
            ),
        ),
        odd(
            Fate::Done,
            &[],
            list(
                letter("Retail & Craft Fair", "tickets@craftfair.example", "Your ticket for hall 4", ""),
                "fair.craftfair.example",
                fair,
            ),
        ),
        odd(
            Fate::Done,
            &[],
            list(
                letter("Brightpost Business", "news@brightpost.example", "Parcel prices from January", text),
                "news.brightpost.example",
                carrier,
            ),
        ),
        odd(
            Fate::Done,
            &[],
            list(
                letter(
                    "The Small Shop Letter",
                    "letter@smallshop.example",
                    "How three shops survived their stock count",
                    text,
                ),
                "letter.smallshop.example",
                small_shop,
            ),
        ),
    ]
}

fn html_only() -> Vec<Oddity> {
    let with_html = |mut letter: Letter, html: &str| {
        letter.html = Some(html.to_owned());
        letter
    };
    let table = "<html><body style=\"font-family:Calibri\"><div>Hi,</div><div><br></div><div>these three orders have the wrong price, \
                 see the table. <b>Could you correct them before Friday?</b></div><div><br></div><table border=1 cellspacing=0>\
                 <tr><th>Order</th><th>Article</th><th align=right>Is</th><th align=right>Should be</th></tr>\
                 <tr><td>20391</td><td>Teapot, blue</td><td align=right>3 800.00</td><td align=right>38.00</td></tr>\
                 <tr><td>20392</td><td>Cup, white (6)</td><td align=right>2 400.00</td><td align=right>24.00</td></tr>\
                 <tr><td>20396</td><td>Tea towel</td><td align=right>950.00</td><td align=right>9.50</td></tr></table><div><br></div>\
                 <div>The rule that should stop this is <a href=\"https://app.stockwren.example/rules/77\">this one</a>, I think.</div>\
                 <blockquote>Prices above 1000 are to be confirmed by a second person.</blockquote><div>Bruno</div></body></html>";
    let marked = "<p>Hello&nbsp;team,</p><ol><li>Open the <i>count</i> page</li><li>Press <b>Save</b> twice, quickly</li>\
                  <li>Look at the total: it doubles!</li></ol><p>We found this by accident, but a hectic person will find it too. \
                  <script>document.write('never run')</script><style>p{color:red}</style></p><p>Greetings from the tea house<br>Mei-Ling</p>\
                  <p style=\"color:#999\">Sent from the train</p>";
    vec![
        odd(
            Fate::Held("carol"),
            &["bug"],
            with_html(
                letter("Bruno Ferrari", "bruno@ferrariniceramiche.example", "Three orders with the wrong price", ""),
                table,
            ),
        ),
        odd(
            Fate::Open,
            &[],
            with_html(
                letter("Mei-Ling Chou", "meiling@jadeteapot.example", "Saving twice doubles the total 😬", ""),
                marked,
            ),
        ),
    ]
}

fn invitation(title: &str, uid: &str) -> String {
    // The day is fixed when the mail is written: see the place that fills in the dates.
    format!(
        "BEGIN:VCALENDAR\r\nPRODID:-//Sample//Calendar 1.0//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:{{stamp}}\r\nDTSTART:{{start}}\r\nDTEND:{{end}}\r\nSUMMARY:{title}\r\nLOCATION:https://meet.example/r/kiln-harbour\r\n\
         ORGANIZER;CN=Ravi Shetty:mailto:ravi.shetty@monsoontea.example\r\n\
         ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:support@example.test\r\nSEQUENCE:0\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn files_attached() -> Vec<Oddity> {
    let with = |mut letter: Letter, file: files::File| {
        letter.files = vec![file];
        letter
    };
    let mut meeting = letter(
        "Ravi Shetty",
        "ravi.shetty@monsoontea.example",
        "Invitation: half an hour about the second warehouse",
        "Dear all,\n\nI would like to walk through our plan for the second warehouse before we sign anything. Half an hour is enough, \
         the link is in the invitation. If the time does not suit you, please propose another.\n\nRavi",
    );
    meeting.calendar = Some(invitation("Second warehouse, plan", "8f1c-wh2@monsoontea.example"));
    let articles = "sku;name;price;stock\n1001;\"Crème brûlée set\";24,90;12\n1002;\"Tumbler 4\"\" wide\";7,50;40\n1003;\"Bowl, blue\";18,00;3\n";
    let slip =
        ["Transfer slip", "Amount: 148.00", "Reference: 2026-0471", "From account ending in 4471"].map(str::to_owned);
    let log = "12:04:11 bridge 4.1.7 starting\n12:04:11 usb: found 2 devices\n12:04:12 scanner: paired, model unknown (0x1f)\n\
               12:04:12 scanner: no driver for model 0x1f, giving up\n12:04:13 scanner: gone\n";
    vec![
        odd(Fate::Open, &[], meeting),
        odd(
            Fate::Open,
            &["bug"],
            with(
                letter(
                    "Elena Petrova",
                    "elena@petrovaprints.example",
                    "Import stops at row 3, file attached",
                    "Hello,\n\nthe import stops at row 3 with “unexpected quote”. I attach the file. It worked last month.\n\nElena",
                ),
                files::csv("articles-november.csv", articles),
            ),
        ),
        odd(
            Fate::Held("bob"),
            &["hardware"],
            with(
                letter(
                    "Callum Fraser",
                    "callum@fraseroats.example",
                    "Photo of the broken label",
                    "As asked on the phone: here is what the printer makes of our labels. The white stripe is not ours.\n\nCallum",
                ),
                files::png("label.png", [60, 110, 160]),
            ),
        ),
        odd(
            Fate::Open,
            &["billing"],
            with(
                letter(
                    "Accounts Payable",
                    "ap@bellweatherstores.example",
                    "Payment advice 2026-0471",
                    "Please find our payment advice attached. This mailbox is read by several people; please answer to all.",
                ),
                files::pdf("payment-advice.pdf", &slip),
            ),
        ),
        odd(
            Fate::Done,
            &["hardware"],
            with(
                letter(
                    "Jasper Oduya",
                    "jasper@oduyaeyewear.example",
                    "Log of the bridge",
                    "Here is the log that you asked for. The scanner is gone again before it says hello.\n\nJasper",
                ),
                files::log("bridge.log", &log.repeat(40)),
            ),
        ),
    ]
}

fn machines() -> Vec<Oddity> {
    let mut form = letter(
        "Stockwren web form",
        "support@example.test",
        "[Contact form] Do you ship starter kits to islands?",
        "Name:    Fiona MacLeod\nMail:    fiona@skyecandles.example\nTopic:   Before buying\n\nDo you ship the starter kit to islands, too? \
         The ferry runs twice a week, so the exact day matters to us.\n",
    );
    form.fields = vec![("Reply-To", "Fiona MacLeod <fiona@skyecandles.example>".to_owned())];
    let mut scanner = letter(
        "",
        "copier@achebegames.example",
        "Scan from copier 3F",
        "Please open the attached document. It was scanned by copier 3F.",
    );
    scanner.files = vec![files::pdf("scan_0031.pdf", &["Delivery note, signed".to_owned()])];
    scanner.fields = vec![("Auto-Submitted", "auto-generated".to_owned())];
    let mut monitor = letter(
        "Uptime Watch",
        "alerts@uptimewatch.example",
        "[RESOLVED] app.stockwren.example answered slowly",
        "Check:   GET https://app.stockwren.example/health\nFrom:    3 places\nSlow:    11 minutes (p95 4.2 s)\nNow:     0.3 s\n",
    );
    monitor.fields = vec![("Auto-Submitted", "auto-generated".to_owned())];
    let both = letter(
        "Wanjiru Kamau",
        "wanjiru@kamaucoffee.example",
        "Two shops, one till?",
        "Hello,\n\nI found two addresses on your page and was not sure which one is right, so this goes to both.\n\nWe will open a second shop. \
         Can both use the one till that we have, or do we need another licence?\n\nAsante,\nWanjiru",
    );
    vec![
        odd(Fate::Open, &["sales"], form),
        odd(Fate::Open, &[], scanner),
        odd(Fate::Done, &[], monitor),
        Oddity { letter: both, fate: Fate::Open, tags: &["sales"], is_double: true },
    ]
}

fn hostile() -> Vec<Oddity> {
    let terminal = letter(
        "Peter Novak",
        "peter.novak@novakglass.example",
        "Bridge prints odd characters",
        "Hi,\n\nthe bridge prints this when it starts, I copied it as it is:\n\n    \u{1b}[31mERROR\u{1b}[0m could not open port\n    \
         \u{1b}]0;bridge 4.1.7\u{7}\u{1b}[2J\u{1b}[1;1Hready\n\nIs the red one something to worry about?\n\nPeter",
    );
    let mut phishing = letter(
        "Orla Keane",
        "orla@keanesaddlery.example",
        "Is this mail from you?",
        "Good morning,\n\nI got a mail that says it comes from Stock\u{200b}wren Bill\u{200b}ing, with the attached file. I have not opened it. \
         The link in it shows https://app.stockwren.example but leads to \u{202e}elpmaxe.nerwkcots-ton\u{202c} when I hold the mouse over it.\n\nOrla",
    );
    phishing.files = vec![files::stranger("invoice\u{202e}fdp.exe")];
    let long = letter(
        "Gideon Roth",
        "gideon@rothinstruments.example",
        "Fwd: Re: Re: Fwd: AW: Question about the question that I asked before about serial numbers of violas, cellos and bows, and whether \
         they may contain letters (they do), spaces (they do), and in one case a drawing of a small bird",
        "See subject.\n\nGideon",
    );
    let silent = letter(
        "Desmond Pryce",
        "desmond@prycerecords.example",
        "",
        "no subject because my cat walked over the keyboard. can I rename a shelf?",
    );
    let emoji = letter(
        "Sienna Park",
        "sienna@parkandpine.example",
        "🌲🌲 Seasonal shop: 👩‍👩‍👧 three people, six weeks — which plan? 🎄",
        "Hey 👋\n\nwe only open for six weeks each winter 🎄. Is there a plan that sleeps in summer 😴, or do we sign up anew each year?\n\nxo Sienna",
    );
    let mut steps = String::from("Hello,\n\nas asked, every step, one by one:\n\n");
    for number in 1..=180 {
        steps += &format!("{number:>4}. {}\n", STEPS[number % STEPS.len()]);
    }
    let patient = letter(
        "Isaac Thornbury",
        "isaac@thornburyclocks.example",
        "All steps, as you asked",
        &(steps + "\nThat is when it stops.\n\nIsaac"),
    );
    vec![
        odd(Fate::Open, &["hardware"], terminal),
        odd(Fate::Held("carol"), &[], phishing),
        odd(Fate::Held("bob"), &[], long),
        odd(Fate::Open, &[], silent),
        odd(Fate::Open, &["sales"], emoji),
        odd(Fate::Done, &["bug"], patient),
    ]
}

const STEPS: [&str; 6] = [
    "scan the shelf",
    "scan the clock (the beep is lower than usual)",
    "wait for the green bar",
    "type the number of pieces, which is always one",
    "press Save",
    "look at the total, write it down",
];

fn unwanted() -> Vec<Oddity> {
    let spam =
        |name: &str, email: &str, subject: &str, text: &str| odd(Fate::Junk, &[], letter(name, email, subject, text));
    vec![
        spam(
            "Prize Office",
            "winner@lucky-parcel.example",
            "You have been chosen, dear support",
            "Dear support, your parcel with 4.5 million waits at the customs. Send us only your password.",
        ),
        spam(
            "Growth Partner",
            "max@rank-first.example",
            "Quick question about your website",
            "Hi there, I was looking at your website and noticed 17 grave errors. May I send you an offer?",
        ),
        spam(
            "Crypto Desk",
            "desk@moon-coin.example",
            "RE: RE: your account",
            "Your balance has grown by 800%. Confirm within 2 hours.",
        ),
        odd(
            Fate::Trash,
            &[],
            letter("Will Ashdown", "will@ashdowncider.example", "please ignore", "Sorry, wrong window."),
        ),
    ]
}
