//! Things that one can drop on the floor: scanners, printers, parcels, stock.

use super::Topic;

pub const TOPICS: &[Topic] = &[
    Topic {
        tags: &["hardware"],
        subjects: &["Printer on fire", "Label printer gets very hot", "Label printer smells burnt"],
        openers: &[
            "the label printer on floor 3 gives off smoke. Not a metaphor. We have pulled the plug, it is on the loading ramp now. What do we do?",
            "the printer that came with the starter kit gets so hot that the labels turn grey. There is a smell too. Is it safe to go on using it?",
        ],
        questions: &[
            "Please leave it unplugged and do not open it. Could you send me a photo of the plate on the bottom, so that I know the series?",
        ],
        details: &[
            "It is smoking again although nobody touched it. Photo attached. The plate says series C, from March.",
            "Photo attached. The plate says series C, from March. It is still warm, and it has been off for an hour.",
        ],
        answers: &[
            "Series C from March is being called back. A new one is on its way and comes on {day}; the driver takes the old one with him. Please do not plug it in again, whatever happens.",
            "Thank you for acting so quickly. I have ordered a replacement on our account, and until then you can print on plain paper under Print, “A4, cut by hand”.",
        ],
    },
    Topic {
        tags: &["hardware"],
        subjects: &["Scanner does not connect", "Hand scanner keeps disconnecting", "Pairing the new scanner"],
        openers: &[
            "the new hand scanner pairs, beeps twice and is gone again. The old one next to it works. I have charged it over night.",
            "since we moved the tables, two of five scanners lose connection in the back row. Is there anything to make them reach further?",
            "how do I pair a scanner when the code on its back is scratched off? It says {request} on the box, if that is any use.",
        ],
        questions: &[
            "When it beeps twice, does the light stay blue or does it go red? And is the Bridge on that computer at 4.2 or older?",
            "How far is the back row from the base, and what stands between the two?",
            "Is there a second sticker inside the lid of the battery?",
        ],
        details: &[
            "Red, for a second. The Bridge says 4.1.7.",
            "Nine metres or so, and a whole row of steel shelves.",
            "There was one, but somebody has picked it off. Only the box is left.",
        ],
        answers: &[
            "Then it is the Bridge: 4.1 does not know the new model. With 4.2 it will pair at once, the update is under Help, “Look for updates”.",
            "Try moving the base away from the metal shelf, even half a metre does wonders. If not, I can send you a second base on loan.",
            "With the number on the box I could make you a new code. Print the page that I put into your downloads, scan it, and the scanner is yours.",
        ],
    },
    Topic {
        tags: &["hardware"],
        subjects: &["Labels print half a centimetre too low", "Labels cut off", "Label size wrong"],
        openers: &[
            "our labels are printed half a centimetre too low, so the barcode runs over the edge. It started after I put in a new roll from another maker.",
            "the right edge of our shipping labels is cut off, the carrier refused eleven parcels yesterday. We print 100 by 150 as always.",
        ],
        questions: &[
            "Could you hold the button for five seconds and send me the test page that comes out? A photo is enough.",
        ],
        details: &[
            "Photo is attached. It says “gap 2 mm” at the bottom, the new rolls have 3 mm I think.",
            "Photo is attached. It says “Letter” at the top, which we never chose.",
        ],
        answers: &[
            "That is it: the gap. After a new kind of roll, press both buttons until it hums, and it measures again. No setting needed.",
            "The driver had updated itself and gone back to letter size. I have written down the four clicks that set it right, and how to stop it from doing that again.",
        ],
    },
    Topic {
        tags: &["shipping"],
        subjects: &["Tracking number missing for {order}", "Where is order {order}?", "Order {order} has no tracking"],
        openers: &[
            "order {order} was packed on {day}, but the customer has no tracking number yet, and I see none either.",
            "about a dozen orders from {day} are stuck on “label made”. The parcels were picked up. Our customers are getting nervous, {order} for example.",
        ],
        questions: &["Was the label made in Stockwren, or on the carrier's own page?"],
        details: &["In Stockwren, like all others. Only this one came out of the second printer."],
        answers: &[
            "The number was there, but the second location had no address to report from, so the carrier never took it. I have filled that in, and {order} shows its way now.",
            "The carrier's interface had been down for two hours. All are moving again, I checked {order} myself: it will be delivered on {day}.",
        ],
    },
    Topic {
        tags: &["shipping"],
        subjects: &[
            "Customs declaration for {order} is empty",
            "Shipping outside the EU",
            "Customs form for shipments abroad",
        ],
        openers: &[
            "the customs form for {order} came out empty apart from our address. The post office sent me home with it.",
            "from next month we want to send abroad, too. Where do I put the customs numbers, on the article or on the order?",
        ],
        questions: &[
            "Have the articles in that order a weight and a country of origin? Both have to be there.",
            "Good news! Which countries would it be, to begin with?",
        ],
        details: &[
            "The weight yes. I did not know about the country, where would that be?",
            "Two only, for now, both across the same border.",
        ],
        answers: &[
            "On the article's second page, under Shipping. You can set it for a whole group at once; I did it for the {seats} that you sent most often. Print the form again, and it is complete.",
            "On the article, so you do it only once. There is a short guide in the handbook under “Abroad”, with a table of the usual numbers.",
        ],
    },
    Topic {
        tags: &["bug"],
        subjects: &["Negative stock after the count", "Second count overwrote the first", "Sold the last piece twice"],
        openers: &[
            "after the stock count on {day} seven articles show a negative number. One cannot have minus four teapots.",
            "two of us counted at the same time, and the second count overwrote the first. {seats} articles, three hours of work. Can you bring the first one back?",
            "we sold the same last piece twice, once in the shop and once online, within a minute. I thought that this is what you are for?",
        ],
        questions: &[
            "I understand that this is annoying. Were there orders still on the packing tables while you counted?",
            "Which of the two counts is to be kept where they differ?",
            "Which till was it, and had it been without a network on that day?",
        ],
        details: &[
            "Yes, a trolley full, since the morning. Should we have booked them out before?",
            "The first one, please. The second was only the front room.",
            "The one by the door. It loses the network whenever the bakery next door starts its oven.",
        ],
        answers: &[
            "The trolley was counted as missing and then taken off again when it was packed. I have reversed the second step, and the seven articles are right. Next time “Pause picking” before the count does this by itself.",
            "Nothing is lost, both counts are kept. I have laid the first one over the second, where it was newer. Please look it over before you open tomorrow.",
            "You are right, and it should not happen. The shop's till had been offline for some minutes, and sold from memory. There is a setting to hold the last piece back in such a case, I have switched it on for you.",
        ],
    },
    Topic {
        tags: &["shipping"],
        subjects: &["Return of order {order}", "Return label shows the old address", "How to book a return"],
        openers: &[
            "a customer sends back half of {order}, one piece of it broken. How do I book that, so that the broken one does not go back on the shelf?",
            "our return labels still show the old address. Two parcels went to the neighbour of our former shop, who is not amused.",
        ],
        questions: &[
            "Would you like to give the money back, or send a new one?",
            "Where did you change the address, under Workspace or under Locations?",
        ],
        details: &[
            "Money back for the one, and an exchange for the other two.",
            "Under Workspace. I did not know that there are two places.",
        ],
        answers: &[
            "Open {order}, “Return”, and choose for each piece: shelf, second choice, or bin. The money goes back on its own, and the exchange becomes a new order with the same number and an R behind it.",
            "The labels take the address from the location, not from the workspace. I changed it there; all printed from now on are right.",
        ],
    },
];
