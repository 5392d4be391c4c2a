//! The service itself: its interface for programs, imports, reports, faults.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        tags: &["api", "p1"],
        subjects: &["API returns 502 for /v2/orders", "502 from the orders endpoint", "Orders API down?"],
        openers: &[
            "since about half an hour every second call of GET /v2/orders gives a 502. Other endpoints are fine. Our web shop shows customers an empty order history because of it.\n\n    GET /v2/orders?since=2h  ->  502 Bad Gateway\n    x-request-id: {request}",
            "we see 502s on /v2/orders when the page size is above 100. With 50 it works, only slowly. Has anything changed on your side?\n\nRequest id of one of them: {request}",
            "your status page is green, but /v2/orders has been failing for us since this morning. Request {request}, if that helps. Please treat this as urgent, our packing tables stand still.",
        ],
        questions: &[
            "Thank you for the request id, that helps a lot. Does it also happen if you leave the filter on “archived” away?",
            "I can see the errors. Which region is the server that calls us in?",
        ],
        details: &[
            "Without the filter it works. With archived=true it fails four times out of five.",
            "Frankfurt, the address ends in .17. Nothing has changed there for weeks.",
        ],
        answers: &[
            "One of our machines answered too late for large pages, and the balancer gave up on it. It is out of the rotation since a few minutes ago and your calls go through. We will write up what happened by {day}.",
            "The index for archived orders was being rebuilt, which should never have touched live calls. It has finished, and we moved such work to the night. I am sorry about your morning.",
        ],
    },
    Topic {
        tags: &["api"],
        subjects: &[
            "Duplicate webhook for order {order}",
            "Webhook signature does not match",
            "Webhooks out of order",
            "Webhooks arrive twice",
        ],
        openers: &[
            "for order {order} we were sent order.paid twice, a second apart, with different delivery ids. We then shipped twice. How are we meant to tell them apart?",
            "the signature of your webhooks does not match since we rotated the secret on {day}. The old one still works. Is there a delay?",
            "is the order of webhooks guaranteed? We got order.shipped before order.paid for {order} and our code did not like it.",
        ],
        questions: &[
            "Does your endpoint answer within five seconds? We repeat a delivery that took longer, and then you see it twice.",
            "When you rotated it, did the page show the new secret at once? And do you compare before or after you read the body?",
            "Could you send me the delivery ids of both?",
        ],
        details: &[
            "Mostly under one second, but on that day it was slow, yes. Eight or nine seconds at the worst.",
            "At once. We compare over the raw bytes, before anything else.",
            "They are {request} and the one right after it in your list.",
        ],
        answers: &[
            "Then that is it: we wait five seconds and try again. The field event_id stays the same in a repeat, only delivery_id changes, so remember event_id for a day and you are safe.",
            "The secret is read when the worker starts, and one of them had been running since before. It was restarted, please try again.",
            "The order is not guaranteed, though it mostly holds. Each event carries a sequence number for the order that it belongs to; whatever comes with a lower one than you have seen can be dropped.",
        ],
    },
    Topic {
        tags: &["api"],
        subjects: &[
            "Rate limit too low for our sync",
            "What counts as a request?",
            "429 Too Many Requests",
            "Higher API limits",
        ],
        openers: &[
            "our nightly sync of {seats}000 articles runs into 429 after about ten minutes. Could you raise the limit for us between two and four in the night?",
            "what exactly counts as one request for the limit? A batch of 100 updates seems to count as 100.",
        ],
        questions: &["Are you using the batch endpoint with one call for many articles, or one call each?"],
        details: &[
            "One call each, the batch endpoint did not exist when we wrote this. How do we find out what changed since the last run?",
        ],
        answers: &[
            "With the batch endpoint you need a hundredth of the calls, and with changed_since only what is new. I have raised your limit for two weeks so that you can move over in peace.",
            "A batch counts as one since version 2.3. You are calling the older path, without the “s” at the end, which still counts each.",
        ],
    },
    Topic {
        tags: &["bug"],
        subjects: &[
            "Import stops at row {row}",
            "Umlauts broken after import",
            "Prices wrong after import",
            "CSV import fails",
        ],
        openers: &[
            "the import of our article list stops at row {row} with “unexpected quote”. I have looked at that row ten times and see nothing wrong with it. The file is attached.",
            "after the import all letters with accents are broken: “Crème brûlée” became “CrÃ¨me brÃ»lÃ©e”. There are {seats}0 of them. Can this be undone?",
            "the preview of the import looks right, but then all prices are a hundred times too high. I think it does not know our decimal comma.",
        ],
        questions: &["Which program wrote the file, and did anybody open and save it in a spreadsheet in between?"],
        details: &["It comes from our till and, yes, I had opened it in a spreadsheet to delete a column."],
        answers: &[
            "Row {row} has an inch sign in the article's name, which looks like a quote. I have escaped it in your file and run the import for you: all rows are in.",
            "The file says nothing about its encoding and we guessed wrong. I have rolled the import back and run it again as UTF-8, the names are right now.",
            "You are right, the comma. There is a choice for it on the second page of the import. I undid yours, so you can simply start over.",
        ],
    },
    Topic {
        tags: &["bug"],
        subjects: &["Monthly report and dashboard disagree", "Report shows wrong totals", "Numbers do not add up"],
        openers: &[
            "the monthly report says {amount} for last month, the dashboard says something else for the same days. Which one is right? I have to hand this in on {day}.",
            "returns seem to be counted twice in the yearly report. When I add up the single months by hand I get {amount} less.",
        ],
        questions: &[
            "Which time zone is set in your workspace, and do you close your day at midnight or later?",
            "Does the gap of {amount} match the returns that were exchanged rather than paid back?",
        ],
        details: &[
            "We close at two in the morning, because of the bar. The time zone should be right, I see the correct time everywhere.",
            "I have added those up now, and yes, it does, to the cent.",
        ],
        answers: &[
            "The dashboard cuts at midnight and the report at the close of your day. That is where the difference comes from; the report is the one to hand in. We will make the dashboard say so.",
            "That is our mistake: returns with an exchange were taken off twice. It is repaired since this morning, and the report has the right figure if you open it again.",
        ],
    },
    Topic {
        tags: &["feature"],
        subjects: &[
            "Feature request: dark mode",
            "Wish: sort the pick list by shelf",
            "Several labels on one sheet",
            "Serial numbers by camera?",
        ],
        openers: &[
            "small wish from the night shift: a dark theme for the packing screen. The white one lights up half the hall.",
            "could the pick list be sorted by shelf instead of by article number? We walk twice as far as we would have to.",
            "it would be so good if the barcode page could print several labels of one article on a sheet. Right now I print the page nine times.",
            "is there any chance of reading serial numbers in with the camera of a phone? Typing twelve digits in the cold is no fun.",
        ],
        questions: &["I like that. May I ask how many people would use it, and on what kind of screen?"],
        details: &["Four of us every day, on the small screens at the tables, 1024 wide I think."],
        answers: &[
            "It is on the list now with your words beside it. I cannot promise a date, but you will have a mail when it comes.",
            "You can already have that: in the view, press the gear, choose “Order by”, then “Shelf”. It stays as you set it, for each person.",
            "That one is half built already, your mail gave it the push that it needed. I will write to you when you can try it.",
            "The people who make the phone app smiled when I read them your mail. They would like to visit you in the cold, if you would have them.",
        ],
    },
    Topic {
        tags: &["bug"],
        subjects: &[
            "Order page takes forever to load",
            "Search is slow",
            "App is slow since the update",
            "Very slow this week",
        ],
        openers: &[
            "since the update on {day} the order page takes eight to ten seconds to load. Before it was instant. Three people, three computers, the same.",
            "search has become unusably slow for us, typing one letter at a time appears a second later. We have about {seats}00 articles, which is not a lot.",
        ],
        questions: &["Could you try it once in a private window, and tell me whether it is as slow there?"],
        details: &["In the private window it is fast! So is it something that is stored in our browsers?"],
        answers: &[
            "It is: an old cache that the update should have cleared. Sign out, sign in, and it is gone. For everybody else we clear it from our side tonight.",
            "I have found a filter in your workspace with {row} conditions that was run on each key. I took it off the start page, and search is quick again.",
        ],
    },
];
