//! Money: invoices, plans, refunds, quotes.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        tags: &["billing"],
        subjects: &[
            "Question about invoice {invoice}",
            "Wrong amount on invoice {invoice}?",
            "Order number on invoice {invoice}",
        ],
        openers: &[
            "our invoice {invoice} lists {seats} seats, but two people left in spring and we are {fewer} now. Could you correct it and send a new one?",
            "I am closing the books for last month and invoice {invoice} is {amount} higher than the one before. Nothing has changed on our side as far as I know. What is the difference for?",
            "could you please put our order number {order} on invoice {invoice}? Without it our accounting sends everything back.",
        ],
        questions: &[
            "Before I change anything: did the people who left sign in with addresses of their own, or did they share one?",
            "Thank you for asking. Could you tell me whether the figure that you compare with is the one before or after tax?",
            "Of course. Is it the same number for all invoices to come, or a new one each time?",
        ],
        details: &[
            "They each had their own. You can remove both, we kept nothing of theirs.",
            "After tax. I have both in front of me now, and the gap is {amount}.",
            "The same for the whole year, then we get a new one.",
        ],
        answers: &[
            "I have taken the two seats out from the first of the month and written a corrected invoice. It is in your billing page, the old one is marked as replaced.",
            "The difference of {amount} is the second location that was switched on halfway through last month. I see that it was never used, so I have switched it off and credited the amount.",
            "Done: invoice {invoice} now carries your order number, and I have set it as the default for those to come.",
        ],
    },
    Topic {
        tags: &["billing"],
        subjects: &["Reminder for {invoice} although paid", "Invoice {invoice} overdue", "Payment reminder"],
        openers: &[
            "we got a second reminder for {invoice}, but our bank shows that it was paid on {day}. Please check, and please stop the reminders until then.",
            "your system says that {invoice} is overdue. We transferred {amount} last week with the reference as printed. I can send the bank's slip if you need it.",
        ],
        questions: &[
            "I am sorry about that. I cannot find a transfer of {amount} yet. Could you send me the slip, or the last four digits of the account that it came from?",
        ],
        details: &[
            "It came from the account ending in 4471. Our bookkeeper split it into two transfers, which may be why.",
        ],
        answers: &[
            "Found it: the reference was missing its last digit, so it had landed in the pile of unknown payments. {invoice} is settled and the reminders have stopped.",
            "Both halves are here now and together they are right. Thank you for your patience, and sorry for the reminder.",
        ],
    },
    Topic {
        tags: &["billing"],
        subjects: &["Charged twice", "Refund for order {order}", "Double charge this month"],
        openers: &[
            "my card was charged twice on {day}, {amount} each time. Only one of them shows up under invoices.",
            "we cancelled the extra location within the two weeks, but the {amount} has not come back. Order was {order}.",
            "I clicked on upgrade, got an error page, clicked again, and now there are two charges of {amount}. I would like one of them back, please.",
        ],
        questions: &[
            "Could you tell me the last four digits of the card, and the time of the second charge if your bank shows it?",
            "Could you tell me whether you still use the card that you paid with at the time?",
        ],
        details: &[
            "Card ends in 0093, the second one is from 14:06, about a minute after the first.",
            "No, the bank sent me a new one in summer. Is that why?",
        ],
        answers: &[
            "You are right, the second charge went through although the page showed an error. I have returned {amount} to your card; banks take three to five days to show it.",
            "The refund of {amount} was stuck because the old card has expired. I have sent it to the new one on file instead.",
        ],
    },
    Topic {
        tags: &["sales"],
        subjects: &["Quote for {seats} seats", "Pricing for a larger team", "Yearly plan for {seats} people"],
        openers: &[
            "we are opening two more shops and would need {seats} seats from next month on. Could you send a quote for a year in advance?",
            "we are on the Team plan and about to outgrow it. Is there something between Team and Plus for around {seats} people?",
            "my boss asked me to compare three providers until {day}. What would {seats} seats on the Plus plan cost us for a year, and is there anything off for paying up front?",
        ],
        questions: &[
            "With pleasure. To get it right: will all {seats} use scanners, or are some of them only looking at reports? Readers are free.",
            "Happy to. Would that be one workspace with three locations, or three workspaces?",
        ],
        details: &[
            "About a third only look at the figures. So call it two thirds full seats, and the rest readers.",
            "One workspace. We want to move stock between the shops.",
        ],
        answers: &[
            "Here is the short form: full seats at the Plus rate, readers free, ten percent off for a year in advance. The quote as a document is in your billing page and is good until the end of the month.",
            "There is no plan between the two, but I may give you Plus at the price of Team for the first three months, so that you can grow into it. Tell me and I switch it over.",
        ],
    },
    Topic {
        tags: &["billing"],
        subjects: &["Closing our workspace", "Cancel our subscription", "How to cancel?"],
        openers: &[
            "we are closing the shop at the end of the year after nineteen good years. How do we cancel, and can we take our data with us?",
            "please cancel our plan as of the next possible date and confirm in writing. It was nothing that you did, we were bought and the new owners have their own system.",
        ],
        questions: &[
            "I am sorry to see you go. Would you like the export as one table for each year, or everything in one file?",
        ],
        details: &["One for each year would be best, with the invoices as documents if that is possible."],
        answers: &[
            "Your plan ends on the last day of the month and nothing more will be charged. The export is ready under Settings, Export; please fetch it within sixty days, after which it is deleted for good.",
            "Confirmed. I have also left you a reader's seat until the end of the year, free of charge, for whatever the tax office may ask.",
        ],
    },
    Topic {
        tags: &["billing"],
        subjects: &["New company name", "Change of billing address", "VAT number on invoices"],
        openers: &[
            "since the first of the month we are a limited company. Name and tax number on our invoices have to change, starting with {invoice}. What do you need from us?",
            "we have moved. Could you change the billing address for us? The form says that only the owner may do it, and she is on leave until {day}.",
        ],
        questions: &[
            "For a new name I need the entry in the register, a scan is fine. For the address alone a reply from the owner's mail is enough.",
        ],
        details: &[
            "The scan is in your upload box now, under order {order}.",
            "She has just written to you from her own address.",
        ],
        answers: &[
            "All set: the new details are on {invoice} and on everything that follows. The older ones stay as they were, tax law wants it so.",
            "Thank you, I have the owner's word and the address is changed.",
        ],
    },
];
